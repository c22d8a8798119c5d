"""Finds what keeps problems quiet in Zabbix: a maintenance, a person's suppression, another problem as the cause."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from app.connectors.base import MAX_NAME
from app.connectors.zabbix.lookups import NONE, look_up
from app.connectors.zabbix.records import Row, identity, moment, number, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.enums import QuietKind
from app.rules.alerts.alert_reports import Quiet

YES = "1"
ENDLESS = datetime.max.replace(tzinfo=UTC)
Names = Mapping[str, str]


class _Suppression(NamedTuple):
    """A row of a problem's suppression data. Older releases than 6.2 have no suppression by a person."""

    maintenance_id: str
    user_id: str
    until: datetime | None


def quiet_problems(rpc: ZabbixRpc, problems: Sequence[Row]) -> dict[str, Quiet]:
    """Return by event id what keeps problems quiet; the others are missing.

    The names of maintenances, users and causes are added as far as the user may read them.
    """
    suppressed = {identity(row, "eventid"): _longest(row) for row in problems if text(row, "suppressed") == YES}
    causes = {identity(row, "eventid"): cause for row in problems if (cause := _cause(row)) != NONE}
    found = [one for one in suppressed.values() if one]
    maintenances = _names(rpc, "maintenance", "name", (one.maintenance_id for one in found))
    users = _names(rpc, "user", "username", (one.user_id for one in found if one.maintenance_id == NONE))
    events = _names(rpc, "event", "name", causes.values())
    quiet = {event_id: _symptom(cause, events) for event_id, cause in causes.items()}
    return quiet | {event_id: _suppressed(one, maintenances, users) for event_id, one in suppressed.items()}


def _longest(problem: Row) -> _Suppression | None:
    """Return the suppression that ends last; several maintenances can cover a problem."""
    found = [
        _Suppression(
            identity(row, "maintenanceid"),
            identity(row, "userid") if "userid" in row else NONE,
            moment(number(row, "suppress_until")),
        )
        for row in rows(problem.get("suppression_data"))
    ]
    return max(found, key=lambda one: one.until or ENDLESS, default=None)


def _suppressed(one: _Suppression | None, maintenances: Names, users: Names) -> Quiet:
    if one is None:
        return Quiet(QuietKind.MAINTENANCE)
    if one.maintenance_id == NONE:
        by = users.get(one.user_id) or f"Zabbix user {one.user_id}"
        return Quiet(QuietKind.MAINTENANCE, by=by, until=one.until)
    return Quiet(
        QuietKind.MAINTENANCE, one.maintenance_id, comment=maintenances.get(one.maintenance_id), until=one.until
    )


def _symptom(cause: str, events: Names) -> Quiet:
    return Quiet(QuietKind.SYMPTOM, cause, comment=events.get(cause))


def _cause(problem: Row) -> str:
    """Return the event id of the cause; releases before 6.4 know none."""
    return identity(problem, "cause_eventid") if "cause_eventid" in problem else NONE


def _names(rpc: ZabbixRpc, kind: str, field: str, ids: Iterable[str]) -> Names:
    found = look_up(rpc, kind, f"{kind}id", ids, [field])
    return {one: text(row, field)[:MAX_NAME] for one, row in found.items()}
