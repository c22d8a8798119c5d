"""Suggests which hosts are one machine, for a person to confirm or decline."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import clock
from app.enums import AuditedType, IdentityMode
from app.errors import Conflict, NotFound
from app.rules.machines.settings import IdentityRules
from app.services.access.audit import Editor, record_creation
from app.services.machines.identities import undecided
from app.services.machines.machines import MachineService
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest, cursor_behind, position
from app.store.machines import identities, machines, members, settings
from app.store.machines.members import MEMBERS, Pair, pair_of


class SuggestionService:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, service: MachineService) -> None:
        self._database = database
        self._machines = service

    def list(self, page: PageRequest, *, host_id: int | None = None) -> Page:
        """Return a page of pairs of hosts that may be one machine. Raises Invalid for a cursor of another list."""
        with self._database.reading() as connection:
            rules = IdentityRules.of(settings.find(connection)["rules"])
            # What a rule joins is suggested too: it may be unclear, or the rule was not run yet.
            kinds = rules.kinds(IdentityMode.SUGGEST, IdentityMode.JOIN)
            after = _after(page)
            firsts = identities.first_hosts(connection, kinds, after[0], page.limit + 1) if kinds else []
            is_end = len(firsts) <= page.limit
            among = None if host_id is not None else (firsts[0], firsts[-1]) if firsts else (0, 0)
            found = undecided(connection, kinds, among)
            pairs = sorted(pair for pair in found if pair > after and (host_id is None or host_id in pair))
            some = pairs[: page.limit]
            is_end = len(pairs) <= page.limit and (is_end or host_id is not None)
            last = some[-1] if some and len(pairs) > page.limit else (firsts[-1] if firsts else 0, 0)
            rows = machines.named(connection, {each for pair in some for each in pair}) if some else []
        by_id = {row["id"]: row for row in rows}
        items = [
            {
                "host_ids": list(pair),
                "hosts": [by_id[each] for each in pair],
                "reasons": [{"kind": row["kind"], "value": row["value"]} for row in found[pair]],
            }
            for pair in some
        ]
        return Page(items, None if is_end else cursor_behind(last))

    def confirm(self, host_ids: Sequence[int], by: Editor) -> Mapping[str, Any]:
        """Make two hosts one machine. Raises NotFound, and Conflict if a person has declined it meanwhile."""
        pair = pair_of(*host_ids)
        with self._database.reading() as connection:
            if pair in members.declined(connection, pair):
                raise Conflict(
                    f"hosts {pair[0]} and {pair[1]} were declined as one machine: join them with POST /machines"
                )
        return self._machines.merge_hosts(pair, by)

    def decline(self, host_ids: Sequence[int], by: Editor) -> None:
        """Remember that two hosts are not one machine. Raises NotFound, and Conflict if they are one."""
        pair: Pair = pair_of(*host_ids)
        with self._database.transaction() as connection:
            settings.lock(connection)
            rows = {row["id"]: row for row in machines.named(connection, pair)}
            if missing := {*pair} - rows.keys():
                raise NotFound(f"there is no host {min(missing)}")
            machine_ids = {row["machine_id"] for row in rows.values()}
            if len(machine_ids) == 1 and None not in machine_ids:
                raise Conflict(f"hosts {pair[0]} and {pair[1]} are machine {machine_ids.pop()}: split it instead")
            if pair not in members.declined(connection, pair):
                members.decline(connection, [pair], by.username, clock.now())
                record_creation(connection, by, AuditedType.MACHINE, 0, {"declined_host_ids": list(pair)})


def _after(page: PageRequest) -> Pair:
    """Return the pair after which a page continues."""
    if page.cursor is None:
        return 0, 0
    one, other = position(page.cursor, [MEMBERS.host_id, MEMBERS.host_id])
    return int(one.value or 0), int(other.value or 0)
