"""Tells by its shape what was posted to the webhook, and makes reports of it that any database can hold."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256

from app.errors import Invalid
from app.rules.alert_reports import AlertReport
from app.rules.webhooks.alertmanager import parse_alertmanager
from app.rules.webhooks.fields import Fields, objects
from app.rules.webhooks.grafana import parse_grafana
from app.rules.webhooks.plain import parse_plain
from app.rules.webhooks.zabbix import parse_zabbix

MAX_MESSAGE = 2000
MAX_COMMENT = 4000
MAX_NAME = 500
MAX_EXTERNAL_ID = 200
EXPECTED = (
    "Is none of what is taken here: what Alertmanager posts (version, alerts), what Grafana's contact point posts "
    "(orgId, alerts), what nagare's media type for Zabbix posts (event_id, event_value, event_nseverity), and plain "
    "alerts: an object with a message, or a list of such objects."
)


def parse(body: object) -> list[AlertReport]:
    """Return what the body reports, in its order. Raises Invalid that says what was expected, and where."""
    return [_bounded(report) for report in _reports(body)]


def _reports(body: object) -> Iterator[AlertReport]:
    if isinstance(body, list):
        return (parse_plain(alert) for alert in objects(body))
    fields = Fields(body) if isinstance(body, Mapping) else Fields({})
    if "alerts" in fields:
        return parse_grafana(fields) if "orgId" in fields else parse_alertmanager(fields)
    if "event_id" in fields:
        return parse_zabbix(fields)
    if "message" in fields:
        return iter((parse_plain(fields),))
    raise Invalid("body", EXPECTED)


def _bounded(report: AlertReport) -> AlertReport:
    """Cut texts that are for people, and names by which nothing is found any more; an identity stays one."""
    return replace(
        report,
        external_id=_short_id(report.external_id),
        message=_cut(report.message, MAX_MESSAGE),
        comment=_cut(report.comment, MAX_COMMENT),
        host_external_id=report.host_external_id and report.host_external_id[:MAX_NAME],
        host_name=report.host_name and report.host_name[:MAX_NAME],
        item_external_id=report.item_external_id and report.item_external_id[:MAX_NAME],
        item_name=report.item_name and report.item_name[:MAX_NAME],
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _short_id(external_id: str) -> str:
    """Return an identity that fits; a longer one keeps its start and ends in its hash."""
    if len(external_id) <= MAX_EXTERNAL_ID:
        return external_id
    mark = f"~{sha256(external_id.encode()).hexdigest()}"
    return external_id[: MAX_EXTERNAL_ID - len(mark)] + mark
