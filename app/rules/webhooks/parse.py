"""Detects the format of a webhook body by its shape, and returns reports that any database can store."""

from collections.abc import Iterator, Mapping

from app.errors import Invalid
from app.rules.alert_bounds import bounded
from app.rules.alert_reports import AlertReport
from app.rules.webhooks.alertmanager import parse_alertmanager
from app.rules.webhooks.fields import Fields, objects
from app.rules.webhooks.grafana import parse_grafana
from app.rules.webhooks.plain import parse_plain
from app.rules.webhooks.zabbix import parse_zabbix

EXPECTED = (
    "Must have one of these formats: Alertmanager's (version, alerts), Grafana's contact point's (orgId, alerts), "
    "nagare's Zabbix media type's (event_id, event_value, event_nseverity), or plain alerts: an object with a "
    "message, or a list of such objects."
)


def parse(body: object) -> list[AlertReport]:
    """Return the reports of the body, in its order. Raises Invalid with what was expected and where."""
    return [bounded(report) for report in _reports(body)]


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
