"""Lists machines, and lets people merge and split them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AuditedType, JoinWay, Severity
from app.errors import Conflict, Invalid, NotFound
from app.rules.alerts.scores import alert_load, health_score
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.services.machines.joining import MAX_HOSTS, Joining, Reason
from app.store.alerts import scores
from app.store.alerts.scores import Scope, Window
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import hosts
from app.store.machines import identities, machines, members, settings


class MachineService:
    """Methods that name a machine or a host raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, joining: Joining, *, window_h: float) -> None:
        self._database = database
        self._joining = joining
        self._window_s = window_h * 3600

    def list(self, page: PageRequest, *, q: str | None = None, monitor_id: int | None = None) -> Page:
        """Return a page of machines with their hosts, open alerts and scores; `q` searches names and addresses."""
        with self._database.reading() as connection:
            found = machines.fetch(connection, page, q, monitor_id)
            return Page(self._shown(connection, found.items), found.next_cursor)

    def get(self, machine_id: int) -> dict[str, Any]:
        """Return one machine with what identifies each of its hosts."""
        with self._database.reading() as connection:
            return self._get(connection, machine_id)

    def merge_hosts(self, host_ids: Sequence[int], by: Editor, name: str | None = None) -> dict[str, Any]:
        """Make two or more hosts one machine, with all that are one with them."""
        with self._database.transaction() as connection:
            settings.lock(connection)
            _require_hosts(connection, host_ids)
            return self._merge(connection, host_ids, by, name)

    def merge(
        self, machine_id: int, by: Editor, *, other_id: int | None = None, host_ids: Collection[int] = ()
    ) -> dict[str, Any]:
        """Add the hosts of another machine, or single hosts, to a machine.

        Raises Invalid without either, and Conflict for the same machine or too many hosts.
        """
        if other_id is None and not host_ids:
            raise Invalid("host_ids", "Give host_ids or a machine_id.")
        if other_id == machine_id:
            raise Conflict(f"machine {machine_id} cannot be merged with itself")
        with self._database.transaction() as connection:
            settings.lock(connection)
            _require(connection, machine_id)
            wanted = {*host_ids}
            if other_id is not None:
                _require(connection, other_id)
                wanted |= {*members.host_ids(connection, [other_id]).get(other_id, ())}
            _require_hosts(connection, wanted)
            return self._merge(connection, sorted(wanted), by, into=machine_id)

    def split(self, machine_id: int, host_ids: Collection[int], by: Editor) -> Sequence[Mapping[str, Any]]:
        """Take hosts off a machine; return the machines that remain. No rule joins them with the rest again.

        Raises Conflict for a host that is no part of it.
        """
        with self._database.transaction() as connection:
            settings.lock(connection)
            machine = _require(connection, machine_id)
            known = members.host_ids(connection, [machine_id]).get(machine_id, [])
            if strangers := sorted({*host_ids} - {*known}):
                raise Conflict(f"host {strangers[0]} is no part of machine {machine_id}")
            found = self._joining.split(connection, machine_id, host_ids, by.username, clock.now())
            before = {"name": machine["name"], "host_ids": known}
            if machine_id in found:
                after = {"host_ids": sorted({*known} - {*host_ids})}
                record_edit(connection, by, AuditedType.MACHINE, machine_id, before, after)
            else:
                record_removal(connection, by, AuditedType.MACHINE, machine_id, before)
            return [self._get(connection, each) for each in found]

    def rename(self, machine_id: int, name: str, by: Editor) -> dict[str, Any]:
        """Give a machine another name."""
        with self._database.transaction() as connection:
            settings.lock(connection)
            machine = _require(connection, machine_id)
            if record_edit(connection, by, AuditedType.MACHINE, machine_id, machine, {"name": name}):
                members.rename(connection, machine_id, name)
            return self._get(connection, machine_id)

    def _merge(
        self,
        connection: Connection,
        host_ids: Collection[int],
        by: Editor,
        name: str | None = None,
        into: int | None = None,
    ) -> dict[str, Any]:
        known = {} if into is None else members.host_ids(connection, [into])
        before = {each: sorted(its) for each, its in known.items()}
        merged = {*members.machine_ids(connection, host_ids).values()} - before.keys()
        before |= members.host_ids(connection, merged) if merged else {}
        reason = Reason(JoinWay.PERSON, by.username)
        machine_id = self._joining.join(connection, host_ids, reason, clock.now(), name=name, into=into)
        everyone = members.host_ids(connection, [machine_id])[machine_id]
        if len(everyone) > MAX_HOSTS:
            raise Conflict(f"a machine has at most {MAX_HOSTS} hosts, and this one would have {len(everyone)}")
        if machine_id in before:
            old = {"host_ids": before.pop(machine_id)}
            record_edit(connection, by, AuditedType.MACHINE, machine_id, old, {"host_ids": everyone})
        else:
            record_creation(connection, by, AuditedType.MACHINE, machine_id, {"host_ids": everyone})
        for other_id, its in before.items():
            record_removal(connection, by, AuditedType.MACHINE, other_id, {"host_ids": its})
        return self._get(connection, machine_id)

    def _get(self, connection: Connection, machine_id: int) -> dict[str, Any]:
        [machine] = self._shown(connection, [_require(connection, machine_id)])
        known: dict[int, list[dict[str, str]]] = {}
        for host_id, kind, value in sorted(identities.known(connection, [host["id"] for host in machine["hosts"]])):
            known.setdefault(host_id, []).append({"kind": kind, "value": value})
        hosts_shown = [{**host, "identities": known.get(host["id"], [])} for host in machine["hosts"]]
        return {**machine, "hosts": hosts_shown}

    def _shown(self, connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> Sequence[dict[str, Any]]:
        by_machine: dict[int, list[dict[str, Any]]] = {}
        for host in machines.hosts_of(connection, [row["id"] for row in rows]):
            by_machine.setdefault(host["machine_id"], []).append({**host})
        window = Window(clock.now(), self._window_s)
        shown = []
        for row in rows:
            sums = scores.sums(connection, window, Scope(machine_id=row["id"]))
            worst = row["worst_severity"]
            score = health_score(alert_load(sums, scores.host_count(connection, Scope(machine_id=row["id"]))))
            worst = None if worst is None else Severity(worst)
            shown.append({**row, "hosts": by_machine.get(row["id"], []), "score": score, "worst_severity": worst})
        return shown


def _require(connection: Connection, machine_id: int) -> Mapping[Any, Any]:
    machine = machines.find(connection, machine_id)
    if machine is None:
        raise NotFound(f"there is no machine {machine_id}")
    return machine


def _require_hosts(connection: Connection, host_ids: Collection[int]) -> None:
    missing = {*host_ids} - hosts.names(connection, host_ids).keys()
    if missing:
        raise NotFound(f"there is no host {min(missing)}")
