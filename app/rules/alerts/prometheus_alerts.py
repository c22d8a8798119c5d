"""Reports for Prometheus's alerts, pulled from it or posted by Alertmanager."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_labels import fingerprint, host_external_id, list_labels
from app.rules.alerts.severities import MISSING

SOURCE = "prometheus"
TEXTS = ("summary", "description", "message")
"""The annotations with the problem's text, the shortest first."""
SEVERITY_LABELS = ("severity", "level", "priority")
HOST_LABELS = ("instance", "host", "hostname", "node")
COMMON_LABELS = ("alertname", *SEVERITY_LABELS)
"""Labels that do not distinguish the alerts of one rule."""


def prometheus_report(
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    is_firing: bool,
    *,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    source_url: str | None = None,
    value: str | None = None,
    raw: Any = None,
) -> AlertReport:
    """Return the report of an alert with these labels, which include Prometheus's external labels.

    The first text is the message, the next different one the description. Without any text, the message is the alert's
    name and its distinguishing labels. An end that is expected while the alert fires is no end.
    """
    texts = [text for name in TEXTS if (text := annotations.get(name, "").strip())]
    message = texts[0] if texts else alert_name(labels)
    # Without a job, several hosts can have the instance: only the name and the labels tell which.
    job, instance = labels.get("job"), labels.get("instance")
    return AlertReport(
        source=SOURCE,
        external_id=fingerprint(labels),
        is_firing=is_firing,
        message=message,
        source_severity=first_of(labels, SEVERITY_LABELS) or MISSING,
        description=next((text for text in texts if text != message), ""),
        value=value or None,
        labels={label: text for label, text in labels.items() if text},
        annotations=dict(annotations),
        started_at=started_at,
        ended_at=None if is_firing else ended_at,
        source_url=source_url or None,
        host_external_id=host_external_id(job, instance) if job and instance else None,
        host_name=first_of(labels, HOST_LABELS),
        raw=raw,
    )


def first_of(labels: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Return the value of the first of these labels that has one."""
    return next((value for name in names if (value := labels.get(name, "").strip())), None)


def alert_name(labels: Mapping[str, str]) -> str:
    """Return the alert's name and the labels that tell it from other alerts of its rule."""
    name = labels.get("alertname") or "Prometheus alert"
    # Labels that start with two underscores are the source's bookkeeping.
    told = {label: value for label, value in labels.items() if value and not label.startswith("__")}
    apart = list_labels({label: value for label, value in told.items() if label not in COMMON_LABELS})
    return f"{name}: {apart}" if apart else name
