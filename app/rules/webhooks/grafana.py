"""Reads the webhook of Grafana's contact points."""

from collections.abc import Mapping
from dataclasses import replace

from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import prometheus_report
from app.rules.webhooks.alertmanager import STATUSES
from app.rules.webhooks.fields import Fields

SOURCE = "grafana"
MARKS = ("silenceURL", "dashboardURL", "panelURL", "valueString", "values")
"""Fields of an alert that Alertmanager does not have."""
LEGACY_MARKS = ("evalMatches", "ruleUrl")
LEGACY = (
    "This is a notification of Grafana's legacy alerting, which Grafana 11 has removed. Use Grafana's unified alerting"
    " with a contact point of the type Webhook."
)
LINKS = ("panelURL", "dashboardURL", "generatorURL")
BROKEN_RULES = ("DatasourceError", "DatasourceNoData", "NoData", "Error")
"""Names that Grafana gives to the alert of a rule that it could not evaluate."""
TEST = {"alertname": "TestAlert", "instance": "Grafana"}


def refuse_legacy(body: Fields) -> None:
    """Raise Invalid for a body of Grafana's legacy alerting."""
    if "alerts" not in body and any(mark in body for mark in LEGACY_MARKS):
        raise Invalid("body", LEGACY)


def is_grafana(body: Fields) -> bool:
    """Return whether a group comes from Grafana; before 8.4 it names no organization."""
    if "orgId" in body or ("title" in body and "state" in body):
        return True
    alerts = body.list("alerts") if "alerts" in body else []
    return any(mark in alert for alert in alerts if isinstance(alert, dict) for mark in MARKS)


def read_grafana(alert: Fields) -> AlertReport | None:
    """Return the report of one alert, identified by Grafana's fingerprint; None for a test. Raises Invalid."""
    labels, annotations = alert.labels("labels", is_required=True), alert.annotations("annotations")
    if TEST.items() <= labels.items():
        return None
    report = prometheus_report(
        labels,
        annotations,
        alert.choice("status", STATUSES),
        started_at=alert.time("startsAt"),
        ended_at=alert.time("endsAt"),
        source_url=next(filter(None, map(alert.any_text, LINKS)), None),
        value=_values(alert) or alert.any_text("valueString"),
    )
    broken = _broken_rule(labels, annotations)
    return replace(
        report,
        source=SOURCE,
        external_id=alert.required_text("fingerprint"),
        message=broken or report.message,
        # The rule's own texts say what it looks for, and that is not what happened.
        description="" if broken else report.description,
    )


def _values(alert: Fields) -> str:
    return ", ".join(f"{name}={value}" for name, value in alert.mapping("values").items() if value is not None)


def _broken_rule(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str | None:
    """Return what keeps Grafana from evaluating a rule, or None if it could."""
    name, rule = labels.get("alertname", ""), labels.get("rulename", "")
    if name not in BROKEN_RULES or not rule:
        return None
    cause = annotations.get("Error", "").strip()
    return f"{name}: {rule}: {cause}" if cause else f"{name}: {rule}"
