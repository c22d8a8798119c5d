"""Reads Zabbix's open problems as reports, and acknowledges them; permanently hidden problems are skipped."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.connectors.base import MAX_NAME
from app.connectors.zabbix.records import Row, identity, number, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceGarbled, SourceRejected
from app.rules.alert_reports import AlertReport
from app.rules.severities import zabbix_severity

SOURCE = "zabbix"
PROBLEMS_A_PAGE = 1_000
OPEN_PROBLEMS = {"source": 0, "object": 0, "recent": False, "sortfield": ["eventid"]}
"""Unresolved problems of triggers, including those that a maintenance in Zabbix suppresses."""
PROBLEM_FIELDS = ["eventid", "objectid", "name", "severity", "acknowledged", "suppressed", "opdata"]
YES = "1"
ACKNOWLEDGE, ADD_MESSAGE = 2, 4
MAX_MESSAGE = 2048


def open_problems(rpc: ZabbixRpc) -> Iterator[Sequence[AlertReport]]:
    """Yield the open problems visible to the user in pages of at most 1,000, the oldest first.

    As in Zabbix's own list, problems are skipped if their trigger, or a host or item of it, is deleted or disabled.
    """
    found = rows(rpc.call("problem.get", {"output": ["eventid"], **OPEN_PROBLEMS}))
    ids = [identity(row, "eventid") for row in found]
    for start in range(0, len(ids), PROBLEMS_A_PAGE):
        page = ids[start : start + PROBLEMS_A_PAGE]
        query = {"output": PROBLEM_FIELDS, "eventids": page, **OPEN_PROBLEMS}
        problems = rows(rpc.call("problem.get", query))
        triggers = _monitored_triggers(rpc, problems)
        reports = [
            _report(row, triggers[trigger_id])
            for row in problems
            if (trigger_id := identity(row, "objectid")) in triggers
        ]
        if reports:
            yield reports


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


def _monitored_triggers(rpc: ZabbixRpc, problems: Sequence[Row]) -> dict[str, Row]:
    query = {
        "output": ["triggerid"],
        "triggerids": list(dict.fromkeys(identity(row, "objectid") for row in problems)),
        "monitored": True,
        "selectHosts": ["hostid", "host"],
        "selectItems": ["itemid", "hostid"],
        "selectFunctions": ["functionid", "itemid"],
    }
    found = rows(rpc.call("trigger.get", query)) if query["triggerids"] else []
    return {identity(row, "triggerid"): row for row in found}


def _report(problem: Row, trigger: Row) -> AlertReport:
    functions = sorted(rows(trigger.get("functions")), key=lambda function: number(function, "functionid"))
    item_id = identity(functions[0], "itemid") if functions else None
    hosts = {identity(host, "hostid"): text(host, "host", MAX_NAME) for host in rows(trigger.get("hosts"))}
    owners = [identity(item, "hostid") for item in rows(trigger.get("items")) if identity(item, "itemid") == item_id]
    host_id = next((one for one in (*owners, *hosts) if one in hosts), None)
    try:
        severity = zabbix_severity(number(problem, "severity"))
    except ValueError as error:
        raise SourceGarbled(f"Zabbix returned a problem with an unknown severity: {error}") from error
    return AlertReport(
        source=SOURCE,
        external_id=identity(problem, "eventid"),
        is_firing=True,
        message=text(problem, "name"),
        severity=severity,
        comment=text(problem, "opdata"),
        is_acknowledged=text(problem, "acknowledged") == YES,
        is_suppressed=text(problem, "suppressed") == YES,
        host_external_id=host_id,
        host_name=None if host_id is None else hosts[host_id],
        item_external_id=item_id,
    )
