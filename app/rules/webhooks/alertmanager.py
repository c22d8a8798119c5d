"""Parses Alertmanager's webhook: a group of Prometheus's alerts, in version 4 of its format."""

from collections.abc import Iterator

from app.errors import Invalid
from app.rules.alert_reports import AlertReport
from app.rules.prometheus_alerts import prometheus_report
from app.rules.webhooks.fields import Fields

VERSION = "4"
STATUSES = {"firing": True, "resolved": False}


def parse_alertmanager(body: Fields) -> Iterator[AlertReport]:
    """Yield a report for each alert of the group, identical to that of a pull from Prometheus. Raises Invalid."""
    if body.text("version") != VERSION:
        raise Invalid("version", f'Must be "{VERSION}", as Alertmanager sends it. Send plain alerts as a list.')
    for alert in body.objects("alerts"):
        labels = alert.labels("labels", is_required=True)
        yield prometheus_report(labels, alert.labels("annotations"), alert.choice("status", STATUSES))
