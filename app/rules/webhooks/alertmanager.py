"""Reads Alertmanager's webhook: a group of Prometheus's alerts, in version 4 of its format."""

from typing import Any

from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import prometheus_report
from app.rules.webhooks.fields import Fields

VERSION = "4"
OLD_VERSIONS = ("1", "2", "3")
STATUSES = {"firing": True, "resolved": False}
SINCE = f'Alertmanager sends version "{VERSION}" since its release 0.6.0'


def is_alertmanager(body: Fields) -> bool:
    """Return whether a body has the shape of Alertmanager's, of whatever version."""
    return "alerts" in body or ("version" in body and ("alert" in body or "groupKey" in body))


def alertmanager_alerts(body: Fields) -> list[Any]:
    """Return the alerts of the group. Raises Invalid for another version than 4."""
    version = body.text("version")
    if version in OLD_VERSIONS:
        raise Invalid("version", f'{SINCE}, this is version "{version}": upgrade Alertmanager to 0.6.0 or newer.')
    if not version:
        raise Invalid("version", f"Is missing: {SINCE}. Send plain alerts as a list of objects with a message.")
    if version != VERSION:
        raise Invalid("version", f'Must be "{VERSION}": {SINCE}.')
    common = body.mapping("commonLabels")
    return [_with_labels(alert, common) for alert in body.list("alerts")]


def read_alertmanager(alert: Fields) -> AlertReport:
    """Return the report of one alert, identical to that of a pull from Prometheus. Raises Invalid."""
    labels = alert.labels("labels", is_required=True)
    if not any(labels.values()):
        raise Invalid(alert.path("labels"), "Must have at least one label: labels identify the alert.")
    return prometheus_report(
        labels,
        alert.annotations("annotations"),
        alert.choice("status", STATUSES),
        started_at=alert.time("startsAt"),
        ended_at=alert.time("endsAt"),
        source_url=alert.any_text("generatorURL"),
    )


def _with_labels(alert: Any, common: dict[str, Any]) -> Any:
    """Return an alert with the group's common labels if its sender left its own labels out."""
    is_bare = isinstance(alert, dict) and alert.get("labels", {}) == {}
    return {**alert, "labels": common} if is_bare and common else alert
