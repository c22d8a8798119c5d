"""Makes hosts one machine and takes them apart, with the witnesses among their alerts."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import combinations, product
from typing import NamedTuple

from sqlalchemy import Connection

from app.enums import JoinWay
from app.store.inventory import hosts
from app.store.machines import members, settings
from app.store.machines.members import Pair, pair_of

SettleHosts = Callable[[Connection, Collection[int]], None]
MAX_HOSTS = 100
"""A machine with more hosts is a rule gone wrong, or a cluster."""


class Reason(NamedTuple):
    """Why hosts are one machine."""

    way: JoinWay
    text: str


class Joining:
    """Opens no transaction of its own. Callers lock the settings first (`settings.lock`)."""

    def __init__(self, settle_hosts: SettleHosts) -> None:
        self._settle_hosts = settle_hosts

    def join(
        self,
        connection: Connection,
        host_ids: Collection[int],
        reason: Reason,
        now: datetime,
        *,
        name: str | None = None,
        into: int | None = None,
    ) -> int:
        """Make hosts, with all that are one machine with them, one machine; return its id.

        It is `into`, or the oldest machine that one of them is part of, or a new one.
        """
        machine_of = members.machine_ids(connection, host_ids)
        before = {*machine_of.values()} | ({into} if into is not None else set())
        target = into or min(before, default=None)
        if target is None:
            target = members.add_machine(connection, name or _name_of(connection, host_ids), now)
        elif name:
            members.rename(connection, target, name)
        others = before - {target}
        if others:
            members.move(connection, others, target)
            members.remove_machines(connection, others)
        row = {"machine_id": target, "way": reason.way, "reason": reason.text, "joined_at": now}
        members.put(connection, [row | {"host_id": each} for each in host_ids if each not in machine_of])
        everyone = members.host_ids(connection, [target])[target]
        members.forget_declines(connection, members.declined(connection, everyone) & _pairs(everyone))
        self._settle_hosts(connection, everyone)
        return target

    def join_by_rule(self, connection: Connection, pair: Pair, reason: Reason, now: datetime) -> None:
        """Join two hosts unless a person said that they, or those that are one with them, are not one machine."""
        settings.lock(connection)
        sides = [_all_of(connection, host_id) for host_id in pair]
        everyone = sides[0] | sides[1]
        if sides[0] == sides[1] or len(everyone) > MAX_HOSTS:
            return
        if members.declined(connection, everyone) & {pair_of(a, b) for a, b in product(*sides)}:
            return
        if len(hosts.names(connection, everyone)) == len(everyone):
            self.join(connection, pair, reason, now)

    def split(
        self, connection: Connection, machine_id: int, host_ids: Collection[int], by: str, now: datetime
    ) -> list[int]:
        """Take hosts off a machine, and remember that; return the ids of the machines that both parts are now.

        Hosts that leave together stay together. If all leave, none of them is one with another.
        """
        everyone = {*members.host_ids(connection, [machine_id]).get(machine_id, ())}
        leaving = {*host_ids}
        staying = everyone - leaving
        apart = {pair_of(a, b) for a, b in product(leaving, staying)} if staying else _pairs(leaving)
        members.decline(connection, apart, by, now)
        members.remove_hosts(connection, leaving)
        found = [machine_id] if len(staying) > 1 else []
        if len(staying) < 2:
            members.remove_machines(connection, [machine_id])
        if staying and len(leaving) > 1:
            reason = Reason(JoinWay.PERSON, by)
            found.append(self.join(connection, sorted(leaving), reason, now))
        self._settle_hosts(connection, everyone)
        return found

    def dissolve(self, connection: Connection, machine_ids: Collection[int]) -> None:
        """Delete machines; each of their hosts stands for itself."""
        left = [each for host_ids in members.host_ids(connection, machine_ids).values() for each in host_ids]
        members.remove_machines(connection, machine_ids)
        self._settle_hosts(connection, left)


def _pairs(host_ids: Iterable[int]) -> set[Pair]:
    return {pair_of(a, b) for a, b in combinations(sorted(host_ids), 2)}


def _all_of(connection: Connection, host_id: int) -> set[int]:
    """Return the hosts that are one machine with this one, itself among them."""
    machine_id = members.machine_ids(connection, [host_id]).get(host_id)
    return {host_id} if machine_id is None else {*members.host_ids(connection, [machine_id])[machine_id]}


def _name_of(connection: Connection, host_ids: Collection[int]) -> str:
    """Return the name of the host that has the shortest, which has the least beside what they share."""
    return min(hosts.names(connection, host_ids).values(), key=lambda name: (len(name), name))
