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
from app.store.machines import machines, members, settings
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
            found = undecided(connection, rules.kinds(IdentityMode.SUGGEST, IdentityMode.JOIN))
            pairs = sorted(pair for pair in found if host_id is None or host_id in pair)
            if page.cursor is not None:
                columns = [MEMBERS.host_id, MEMBERS.host_id]
                after = tuple(each.value for each in position(page.cursor, columns))
                pairs = [pair for pair in pairs if pair > after]
            some = pairs[: page.limit]
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
        return Page(items, cursor_behind(some[-1]) if len(pairs) > len(some) else None)

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
