"""Converts a problem of Zabbix with its trigger to a report; any unexpected shape is SourceGarbled."""

from app.connectors.base import MAX_NAME
from app.connectors.zabbix.item_records import shown_name
from app.connectors.zabbix.records import Row, cut_text, identity, labels, moment, number, rows, text
from app.errors import SourceGarbled
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.alerts.severities import zabbix_severity, zabbix_word
from app.rules.alerts.zabbix_alerts import SOURCE

YES = "1"


def problem_report(problem: Row, trigger: Row, quiet: Quiet | None, frontend: str) -> AlertReport:
    """Return the report of an open problem; `frontend` is the address of Zabbix's pages."""
    event_id, trigger_id, code = identity(problem, "eventid"), identity(trigger, "triggerid"), _severity(problem)
    item = _first_item(trigger)
    host = _host(trigger, item)
    return AlertReport(
        source=SOURCE,
        external_id=event_id,
        is_firing=True,
        message=text(problem, "name"),
        severity=zabbix_severity(code),
        source_severity=zabbix_word(code),
        description=cut_text(trigger, "comments").strip(),
        value=cut_text(problem, "opdata") or None,
        labels=labels(problem),
        annotations=_annotations(trigger, host),
        started_at=moment(number(problem, "clock"), number(problem, "ns")),
        source_url=f"{frontend}/tr_events.php?triggerid={trigger_id}&eventid={event_id}",
        is_acknowledged=text(problem, "acknowledged") == YES,
        quiet=quiet,
        host_external_id=None if host is None else identity(host, "hostid"),
        host_name=None if host is None else text(host, "host", MAX_NAME),
        item_external_id=None if item is None else identity(item, "itemid"),
        item_name=None if item is None else shown_name(item),
        raw={"problem": problem, "trigger": trigger},
    )


def _severity(problem: Row) -> int:
    code = number(problem, "severity")
    try:
        zabbix_severity(code)
    except ValueError as error:
        raise SourceGarbled(f"Zabbix returned a problem with an unknown severity: {error}") from error
    return code


def _first_item(trigger: Row) -> Row | None:
    """Return the item of the first function in the trigger's expression."""
    functions = sorted(rows(trigger.get("functions")), key=lambda function: number(function, "functionid"))
    items = {identity(item, "itemid"): item for item in rows(trigger.get("items"))}
    return items.get(identity(functions[0], "itemid")) if functions else None


def _host(trigger: Row, item: Row | None) -> Row | None:
    """Return the item's host, or the trigger's first one."""
    hosts = {identity(host, "hostid"): host for host in rows(trigger.get("hosts"))}
    owner = item and hosts.get(identity(item, "hostid"))
    return owner or next(iter(hosts.values()), None)


def _annotations(trigger: Row, host: Row | None) -> dict[str, str]:
    """Return what Zabbix says for people besides the description."""
    visible = "" if host is None else text(host, "name", MAX_NAME)
    is_renamed = host is not None and visible != text(host, "host", MAX_NAME)
    # Zabbix's API does not expand macros in a URL; with one, it leads nowhere.
    url = text(trigger, "url")
    said = {"host_visible_name": visible if is_renamed else "", "trigger_url": "" if "{" in url else url}
    return {name: value for name, value in said.items() if value}
