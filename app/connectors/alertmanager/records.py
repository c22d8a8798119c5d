"""Converts what an Alertmanager answers to reports."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.connectors.answers import cut
from app.connectors.prometheus.alert_rules import read_moment
from app.connectors.prometheus.silences import KnownQuiet
from app.errors import SourceGarbled
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import prometheus_report

MAX_VERSION = 100


def read_version(status: object) -> str:
    """Return the version in `/api/v2/status`. Raises SourceGarbled if this is no Alertmanager's status."""
    info = _member(status, "versionInfo", dict)
    version = _member(info, "version", str).strip()
    if not version:
        raise garbled("versionInfo.version")
    return cut(version, MAX_VERSION)


def read_start(status: object) -> datetime | None:
    """Return when it started; None if it does not say."""
    return read_moment(status.get("uptime")) if isinstance(status, dict) else None


def read_alerts(entries: object, known: KnownQuiet) -> Iterator[AlertReport]:
    """Yield the alerts of `/api/v2/alerts`, with what keeps them quiet, each once. Raises SourceGarbled."""
    if not isinstance(entries, list):
        raise garbled("the list of alerts")
    seen = set[str]()
    for entry in entries:
        report = _report(entry)
        if report.external_id not in seen:
            seen.add(report.external_id)
            quiet, is_known = known.find(_member(entry, "fingerprint", str), report.labels)
            yield replace(report, quiet=quiet, is_quiet_known=is_known)


def read_labels(alert: object, name: str = "labels") -> dict[str, str]:
    """Return a member that is a set of labels. Raises SourceGarbled."""
    labels: Mapping[str, Any] = _member(alert, name, dict)
    if not all(isinstance(value, str) for value in labels.values()):
        raise garbled(name)
    return dict(labels)


def garbled(name: str) -> SourceGarbled:
    """Return the error for a member that is missing or has the wrong type."""
    return SourceGarbled(f"This is not what an Alertmanager answers: {name} is missing or has the wrong type")


def _report(entry: object) -> AlertReport:
    labels = read_labels(entry)
    if not any(labels.values()) or not isinstance(entry, dict):
        raise garbled("labels")
    link = entry.get("generatorURL")
    return prometheus_report(
        labels,
        read_labels(entry, "annotations") if entry.get("annotations") is not None else {},
        is_firing=True,
        started_at=read_moment(entry.get("startsAt")),
        source_url=link if isinstance(link, str) else None,
        raw=entry,
    )


def _member(tree: object, name: str, kind: type[Any]) -> Any:
    value = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(value, kind):
        raise garbled(name)
    return value
