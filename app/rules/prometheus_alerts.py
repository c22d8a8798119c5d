"""Reports for Prometheus's alerts, pulled from it or posted by Alertmanager."""

from collections.abc import Mapping

from app.rules.alert_reports import AlertReport
from app.rules.prometheus_labels import fingerprint, host_external_id, list_labels
from app.rules.severities import severity_of

SOURCE = "prometheus"
TEXTS = ("summary", "description", "message")
"""The annotations with the problem's text, the shortest first."""
COMMON_LABELS = ("alertname", "severity", "level")
"""Labels that do not distinguish the alerts of one rule."""


def prometheus_report(labels: Mapping[str, str], annotations: Mapping[str, str], is_firing: bool) -> AlertReport:
    """Return the report of an alert with these labels, which include Prometheus's external labels.

    The first text is the message, the next different one the comment, followed by the runbook's URL. Without any text,
    the message is the alert's name and its distinguishing labels.
    """
    texts = [text for name in TEXTS if (text := annotations.get(name, "").strip())]
    message = texts[0] if texts else _name(labels)
    comments = [text for text in texts if text != message][:1]
    runbook = annotations.get("runbook_url", "").strip()
    instance = labels.get("instance") or None
    return AlertReport(
        source=SOURCE,
        external_id=fingerprint(labels),
        is_firing=is_firing,
        message=message,
        severity=severity_of(labels.get("severity") or labels.get("level")),
        comment="\n".join([*comments, *([runbook] if runbook else [])]),
        host_external_id=host_external_id(labels.get("job", ""), instance) if instance else None,
        host_name=instance,
    )


def _name(labels: Mapping[str, str]) -> str:
    name = labels.get("alertname") or "Prometheus alert"
    apart = list_labels({label: value for label, value in labels.items() if label not in COMMON_LABELS})
    return f"{name}: {apart}" if apart else name
