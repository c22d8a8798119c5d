"""Converts Prometheus's alerts to reports, with the labels that Alertmanager gets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus

from app.connectors.prometheus.alert_rules import Evaluation, read_moment
from app.connectors.prometheus.configuration import Configuration
from app.connectors.prometheus.records import read_labels, read_member
from app.connectors.prometheus.relabeling import relabel
from app.connectors.prometheus.silences import KnownQuiet
from app.rules.alerts.alert_bounds import MAX_URL, bounded_labels
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import prometheus_report
from app.rules.alerts.prometheus_labels import fingerprint

FIRING = "firing"
PENDING = "pending"


@dataclass(slots=True)
class Listed:
    """The alerts that a Prometheus lists, by their external ids."""

    firing: dict[str, AlertReport] = field(default_factory=dict)
    still_open: dict[str, None] = field(default_factory=dict)
    """Pending ones that may have fired before Prometheus restarted."""


def read_alerts(entries: Iterable[object], configuration: Configuration, evaluation: Evaluation, url: str) -> Listed:
    """Return the alerts of `/api/v1/alerts`; those that are equal for Alertmanager are merged. Raises SourceGarbled.

    `url` is Prometheus's own, for the addresses at which it shows an alert.
    """
    listed = Listed()
    for entry in entries:
        state = read_member(entry, "state", str)
        if state not in (FIRING, PENDING) or not isinstance(entry, dict):
            continue
        own = read_labels(entry, "labels")
        labels = sent_labels(own, configuration)
        if labels is None:
            continue
        if state == FIRING:
            link = generator_url(url, evaluation.query_of(own))
            report = _report(entry, labels, link)
            listed.firing.setdefault(report.external_id, report)
        elif evaluation.is_waiting_since_start(own.get("alertname", ""), read_moment(entry.get("activeAt"))):
            listed.still_open[fingerprint(labels)] = None
    return listed


def sent_labels(labels: Mapping[str, str], configuration: Configuration) -> dict[str, str] | None:
    """Return the labels that Prometheus sends to Alertmanager; None if it does not send the alert.

    The alert's own label takes precedence over an external one, unless it is empty.
    """
    own = {name: value for name, value in labels.items() if value}
    return relabel({**configuration.external_labels, **own}, configuration.rules)


def generator_url(url: str, query: str | None) -> str:
    """Return where Prometheus shows an alert: its expression, as in `generatorURL`, or the list of its alerts."""
    base = url.rstrip("/")
    link = f"{base}/graph?g0.expr={quote_plus(query)}&g0.tab=1" if query else ""
    return link if 0 < len(link) <= MAX_URL else f"{base}/alerts"


def with_quiet(reports: Iterable[AlertReport], known: KnownQuiet | None) -> list[AlertReport]:
    """Return the reports with what keeps them quiet; it stays as it was if that is not known."""
    if known is None:
        return [replace(report, is_quiet_known=False) for report in reports]
    found = ((report, *known.find(report.external_id, report.labels)) for report in reports)
    return [replace(report, quiet=quiet, is_quiet_known=is_known) for report, quiet, is_known in found]


def sent_names(names: Sequence[str], configuration: Configuration) -> list[str]:
    """Return the names of alert rules as the stored labels of their alerts have them."""
    sent = {name: sent_labels({"alertname": name}, configuration) or {} for name in names}
    stored = (bounded_labels({"alertname": labels.get("alertname", name)}) for name, labels in sent.items())
    return list(dict.fromkeys(labels["alertname"] for labels in stored if labels))


def _report(entry: Mapping[str, Any], labels: Mapping[str, str], link: str) -> AlertReport:
    value = entry.get("value")
    return prometheus_report(
        labels,
        read_labels(entry, "annotations") if entry.get("annotations") is not None else {},
        is_firing=True,
        started_at=read_moment(entry.get("activeAt")),
        source_url=link,
        value=value if isinstance(value, str) else None,
        raw=entry,
    )
