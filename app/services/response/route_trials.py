"""Says what the routes would do with an alert now, and whom that would page; nothing is sent."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind, Severity
from app.errors import Invalid
from app.rules.response.notifications import Change
from app.rules.response.route_trials import Answer, explain
from app.rules.response.routes import Route, Tree
from app.services.response.changes import read_changes
from app.services.response.route_reach import RouteReach
from app.store.alerts import quiet_reasons
from app.store.database.engine import Database
from app.store.inventory import monitors
from app.store.response import notification_changes, notifications

MADE_UP: Mapping[str, Any] = {
    "event_id": 0,
    "alert_id": 0,
    "username": None,
    "status": 0,
    "suppressed": False,
    "witness_of": None,
    "monitor_id": 0,
    "monitor_name": "",
    "inventory_host": None,
    "inventory_host_shown": None,
    "inventory_item": None,
    **dict.fromkeys(("external_id", "description", "item", "source", "message", "host"), ""),
    **dict.fromkeys(("value", "source_severity", "source_url", "started_at", "ended_at", "first_seen_at")),
    **dict.fromkeys(("resolved_at", "resolution", "silenced_by")),
    "is_stale": False,
    "labels": {},
    "groups": (),
    "severity": int(Severity.CRITICAL),
}


class RouteTrials:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, reach: RouteReach) -> None:
        self._database = database
        self._reach = reach

    def test(self, *, alert_id: int | None = None, alert: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what each route says of a real alert, or of one with the given fields, as if it fired now.

        Raises Invalid for an alert or a monitor that does not exist.
        """
        with self._database.reading() as connection:
            rows = {row["id"]: row for row in notifications.every(connection)}
            change = _made_up(connection, alert or {}) if alert_id is None else _real(connection, alert_id)
            answers = explain(Tree(map(Route.from_row, rows.values())), change)
            now, taking = clock.now(), [each for each in answers if each.takes]
            reached = [
                _taker(each) | self._reach.find(connection, rows[each.route.id], change.severity, now)
                for each in taking
            ]
            hidden = _hidden(connection, change)
        return {
            "routes": [_shown(answer) for answer in answers],
            "reaches": reached,
            "suppressed": hidden,
            "summary": _summary(reached, hidden),
        }


def _taker(answer: Answer) -> dict[str, Any]:
    route = answer.route
    return {"route_id": route.id, "route": route.name, "target": route.target, "because": [*answer.because]}


def _made_up(connection: Connection, alert: Mapping[str, Any]) -> Change:
    monitor_id = alert.get("monitor_id")
    monitor = None if monitor_id is None else monitors.find(connection, monitor_id)
    if monitor_id is not None and monitor is None:
        raise Invalid("alert.monitor_id", f"There is no monitor {monitor_id}.")
    row = {**MADE_UP, **alert, "at": clock.now(), "kind": AlertEventKind.FIRED}
    row["monitor_name"] = "" if monitor is None else monitor["name"]
    row |= {"host_name": row["host"], "item_name": row["item"]}
    change = Change.from_row(row)
    assert change is not None, "what fires is always a change"  # noqa: S101 - for the type
    return change


def _real(connection: Connection, alert_id: int) -> Change:
    rows = notification_changes.alerts(connection, [alert_id])
    if not rows:
        raise Invalid("alert_id", f"There is no alert {alert_id}.")
    about = {"event_id": 0, "at": clock.now(), "kind": AlertEventKind.FIRED, "username": None}
    return read_changes(connection, [{**rows[0], **about}])[0]


def _hidden(connection: Connection, change: Change) -> Mapping[str, Any] | None:
    if not change.suppressed:
        return None
    return quiet_reasons.find(connection, [change.alert_id], clock.now()).get(change.alert_id, {"code": "suppressed"})


def _shown(answer: Answer) -> dict[str, Any]:
    route = answer.route
    about = {"route_id": route.id, "route": route.name, "depth": answer.depth, "target": route.target}
    return {**about, "takes": answer.takes, "because": [*answer.because], "reason": answer.reason}


def _summary(reached: list[dict[str, Any]], hidden: Mapping[str, Any] | None) -> str:
    """Return one English sentence about it all."""
    if hidden is not None:
        return f"This alert would reach nobody: it is suppressed ({hidden['code']})."
    told = [each for each in reached if each["people"] or each["channels"]]
    if not reached:
        return "This alert would reach nobody: no route takes it."
    if not told:
        names = ", ".join(each["route"] for each in reached)
        codes = ", ".join(dict.fromkeys(reason["code"] for each in reached for reason in each["missed"]))
        why = f" ({codes})" if codes else ""
        return f"This alert would reach nobody: {names} takes it, and nobody is there to be told{why}."
    return "This alert would page " + "; ".join(_clause(each) for each in told) + "."


def _clause(each: Mapping[str, Any]) -> str:
    who = ", ".join([*(person["username"] for person in each["people"]), *each["channels"]])
    because = " and ".join(each["because"]) or "it takes every alert"
    return f"{who} (by the {each['target']} {each['name']}), because the route {each['route']} matches: {because}"
