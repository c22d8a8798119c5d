"""Reads webhook bodies of scripts: an object with a message, or a list of such objects."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from app.enums import Severity
from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import HOST_LABELS, SEVERITY_LABELS, first_of
from app.rules.alerts.severities import MISSING
from app.rules.webhooks.fields import Fields
from app.rules.webhooks.json_values import as_text

SOURCE = "webhook"
KNOWN = (
    *("message", "severity", "status", "host", "item", "id", "comment"),
    *("description", "labels", "annotations", "url", "value", "started_at", "ended_at"),
)
STATUSES = {
    **dict.fromkeys(("firing", "problem", "active"), True),
    **dict.fromkeys(("resolved", "ok", "recovered"), False),
}
CODES = [str(int(severity)) for severity in Severity]


def read_plain(alert: Fields) -> AlertReport:
    """Return the report of one alert; unknown fields are annotations. Raises Invalid.

    Without an id, the alert is identified by host, item, message and labels.
    """
    message, host, item = alert.required_text("message"), alert.text("host"), alert.text("item")
    labels, code = alert.labels("labels"), alert.number_or_text("severity")
    word = code or _word(alert) or first_of(labels, SEVERITY_LABELS)
    is_firing = alert.choice("status", STATUSES, default=not _says_that_it_is_over(alert))
    return AlertReport(
        source=SOURCE,
        external_id=alert.text("id") or identity_of(host, item, message, labels),
        is_firing=is_firing,
        message=message,
        severity=Severity(int(code)) if code in CODES else Severity.WARNING,
        # 0, 1 and 2 are nagare's own codes, so no table of another system's words translates them.
        source_severity=None if code in CODES else word or MISSING,
        description=alert.any_text("description"),
        comment=alert.text("comment"),
        value=alert.any_text("value") or None,
        labels=labels,
        annotations=_annotations(alert),
        started_at=_time(alert, "started_at"),
        ended_at=None if is_firing else _time(alert, "ended_at"),
        source_url=alert.any_text("url") or None,
        host_external_id=host or None,
        host_name=host or first_of(labels, HOST_LABELS),
        item_external_id=item or None,
        item_name=item or None,
    )


def identity_of(host: str, item: str, message: str, labels: Mapping[str, str]) -> str:
    """Return the external id of an alert whose sender gives it none."""
    identifying: list[object] = [host, item, message]
    if labels:
        identifying.append(dict(sorted(labels.items())))
    return sha256(json.dumps(identifying).encode()).hexdigest()


def _says_that_it_is_over(alert: Fields) -> bool:
    """Return whether an alert without a status ends one: Kapacitor sends the level OK, others the state ok."""
    return any(not STATUSES.get(alert.any_text(name).casefold(), True) for name in ("level", "state"))


def _word(alert: Fields) -> str:
    return next((word for name in SEVERITY_LABELS if (word := alert.scalar(name))), "")


def _annotations(alert: Fields) -> dict[str, str]:
    others = {name: as_text(value) for name, value in alert.others(KNOWN).items() if value is not None}
    return others | alert.annotations("annotations")


def _time(alert: Fields, name: str) -> datetime | None:
    """Return a time in RFC 3339, or in seconds since 1970 as `date +%s` prints it."""
    text = alert.number_or_text(name)
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (OverflowError, OSError):
        raise Invalid(alert.path(name), "Must be a time like 2026-01-31T12:00:00Z, or seconds since 1970.") from None
    except ValueError:
        return alert.time(name)
