"""Parses the webhook of Grafana's contact points."""

from collections.abc import Iterator
from dataclasses import replace

from app.rules.alert_reports import AlertReport
from app.rules.prometheus_alerts import prometheus_report
from app.rules.webhooks.alertmanager import STATUSES
from app.rules.webhooks.fields import Fields

SOURCE = "grafana"
HOST_LABELS = ("instance", "host", "hostname", "node")
DETAILS = ("valueString", "panelURL", "dashboardURL")
"""Fields with further details for people."""


def parse_grafana(body: Fields) -> Iterator[AlertReport]:
    """Yield a report for each alert; its identity is Grafana's own fingerprint. Raises Invalid."""
    for alert in body.objects("alerts"):
        labels = alert.labels("labels", is_required=True)
        report = prometheus_report(labels, alert.labels("annotations"), alert.choice("status", STATUSES))
        details = [report.description, *(alert.text(name) for name in DETAILS)]
        yield replace(
            report,
            source=SOURCE,
            external_id=alert.required_text("fingerprint"),
            description="\n".join(filter(None, details)),
            host_name=next((labels[label] for label in HOST_LABELS if labels.get(label)), None),
        )
