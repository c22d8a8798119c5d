"""What Alertmanager posts: a group of alerts of Prometheus, in version 4 of its format."""

from collections.abc import Iterator

from app.errors import Invalid
from app.rules.alert_reports import AlertReport
from app.rules.prometheus_alerts import prometheus_report
from app.rules.webhooks.fields import Fields

VERSION = "4"
STATUSES = {"firing": True, "resolved": False}


def parse_alertmanager(body: Fields) -> Iterator[AlertReport]:
    """Yield a report for each alert of the group, the same that a pull of Prometheus makes. Raises Invalid."""
    if body.text("version") != VERSION:
        raise Invalid("version", f'Must be "{VERSION}", as Alertmanager sends it. Send plain alerts as a list.')
    for alert in body.objects("alerts"):
        labels = alert.labels("labels", is_required=True)
        yield prometheus_report(labels, alert.labels("annotations"), alert.choice("status", STATUSES))
