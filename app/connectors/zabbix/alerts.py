"""Reads Zabbix's open problems as reports, and acknowledges them; permanently hidden problems are skipped."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.connectors.base import AlertPage, Completeness
from app.connectors.zabbix.lookups import NONE
from app.connectors.zabbix.problem_reports import YES, problem_report
from app.connectors.zabbix.quiet_problems import quiet_problems
from app.connectors.zabbix.records import Row, identity, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceError, SourceFailing, SourceGarbled, SourceRejected
from app.rules.alerts.alert_reports import AlertReport

PROBLEMS_A_PAGE = 1_000
OPEN_PROBLEMS = {"source": 0, "object": 0, "recent": False, "sortfield": ["eventid"]}
"""Unresolved problems of triggers, including those that a maintenance in Zabbix suppresses."""
PROBLEM_FIELDS = [
    *("eventid", "objectid", "name", "severity", "acknowledged", "suppressed", "opdata", "clock", "ns"),
]
ACKNOWLEDGE, ADD_MESSAGE = 2, 4
MAX_MESSAGE = 2048


def open_problems(rpc: ZabbixRpc) -> Iterator[AlertPage]:
    """Yield the open problems visible to the user in pages of at most 1,000, the oldest first.

    As in Zabbix's own list, problems are skipped if their trigger, or a host or item of it, is deleted or disabled. A
    page that Zabbix cannot answer is missing; if it cannot answer any, the error is raised.
    """
    found = rows(rpc.call("problem.get", {"output": ["eventid"], **OPEN_PROBLEMS}))
    ids = list(dict.fromkeys(identity(row, "eventid") for row in found))
    pages = [ids[start : start + PROBLEMS_A_PAGE] for start in range(0, len(ids), PROBLEMS_A_PAGE)]
    failures: list[SourceError] = []
    for page in pages:
        try:
            answer = _page(rpc, page)
        except (SourceFailing, SourceGarbled, SourceRejected) as error:
            # Not raised at once: a row that spoils one page would keep all others away, in each retry too.
            failures.append(error)
            if len(failures) == len(pages):
                raise
            answer = _partial([], f"{len(page)} open problems could not be read: {error}")
        if answer.records or answer.missing:
            yield answer


def acknowledge(rpc: ZabbixRpc, event_id: str, comment: str) -> None:
    """Acknowledge a problem, with a message if there is a comment; skip one that is acknowledged or closed.

    Raises SourceRejected if Zabbix has no such problem or its user may not see or acknowledge it.
    """
    message = comment.strip()[:MAX_MESSAGE]
    query = {
        "output": ["acknowledged"],
        "eventids": [event_id],
        "source": 0,
        "object": 0,
        "selectAcknowledges": ["message"],
    }
    found = rows(rpc.call("problem.get", query))
    if not found:
        _require_event(rpc, event_id)
        return
    said = {text(row, "message") for row in rows(found[0].get("acknowledges"))}
    is_said = not message or message in said
    action = (0 if text(found[0], "acknowledged") == YES else ACKNOWLEDGE) | (0 if is_said else ADD_MESSAGE)
    if action:
        update: dict[str, Any] = {"eventids": [event_id], "action": action}
        rpc.call("event.acknowledge", update if is_said else {**update, "message": message})


def _require_event(rpc: ZabbixRpc, event_id: str) -> None:
    query = {"output": ["eventid"], "eventids": [event_id], "source": 0, "object": 0}
    if not rows(rpc.call("event.get", query)):
        raise SourceRejected("Zabbix has no such problem, or its user may not see it")


def _page(rpc: ZabbixRpc, ids: Sequence[str]) -> AlertPage:
    query = {
        "output": PROBLEM_FIELDS + (["cause_eventid"] if rpc.is_at_least(6, 4) else []),
        "eventids": ids,
        "selectTags": ["tag", "value"],
        "selectSuppressionData": "extend",
        **OPEN_PROBLEMS,
    }
    found = {identity(row, "eventid"): row for row in rows(rpc.call("problem.get", query))}
    lost = _count_open(rpc, [one for one in ids if one not in found])
    triggers = _monitored_triggers(rpc, [*found.values()])
    shown = [found[one] for one in ids if one in found and identity(found[one], "objectid") in triggers]
    quiet = quiet_problems(rpc, shown)
    reports = [
        problem_report(row, triggers[identity(row, "objectid")], quiet.get(identity(row, "eventid")), rpc.frontend)
        for row in shown
    ]
    if lost:
        return _partial(reports, f"Zabbix listed {lost} open problems that it then did not describe.")
    return AlertPage(reports)


def _partial(reports: Sequence[AlertReport], missing: str) -> AlertPage:
    return AlertPage(reports, Completeness.PARTIAL, (missing,))


def _count_open(rpc: ZabbixRpc, ids: Sequence[str]) -> int:
    """Return how many of these problems are still open: most that are missing in a page were solved meanwhile."""
    if not ids:
        return 0
    query = {"output": ["eventid", "r_eventid"], "eventids": ids, "source": 0, "object": 0}
    return sum(identity(row, "r_eventid") == NONE for row in rows(rpc.call("event.get", query)))


def _monitored_triggers(rpc: ZabbixRpc, problems: Sequence[Row]) -> dict[str, Row]:
    query = {
        # Zabbix 6.0 expands macros in comments only with the expression.
        "output": ["triggerid", "comments", "url", "expression"],
        "triggerids": list(dict.fromkeys(identity(row, "objectid") for row in problems)),
        "monitored": True,
        "expandComment": True,
        "selectHosts": ["hostid", "host", "name"],
        "selectItems": ["itemid", "hostid", "name", *(["name_resolved"] if rpc.is_at_least(7, 0) else [])],
        "selectFunctions": ["functionid", "itemid"],
    }
    found = rows(rpc.call("trigger.get", query)) if query["triggerids"] else []
    return {identity(row, "triggerid"): row for row in found}
