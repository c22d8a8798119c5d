"""Converts Prometheus's alerts to reports, with the external labels that it adds for Alertmanager."""

import re
from collections.abc import Mapping

import yaml

from app.connectors.http.json_body import storable
from app.connectors.prometheus.records import read_labels, read_member
from app.errors import SourceGarbled
from app.rules.alert_reports import AlertReport
from app.rules.prometheus_alerts import prometheus_report

FIRING = "firing"
GLOBAL_SECTION = re.compile(r"^global:[ ]*\n(?:[ \t].*\n|\n)*", re.MULTILINE)
"""The only section that is read of a configuration, which may have megabytes of targets."""
MAX_SECTION = 64 * 2**10
"""In characters. Parsing YAML takes a thousand times its size in memory, and a second for 100 kB."""


def read_alerts(data: object, external_labels: Mapping[str, str]) -> list[AlertReport]:
    """Return the firing alerts of `/api/v1/alerts`; alerts that are equal for Alertmanager are merged.

    The alert's own label takes precedence over an external one, as when Prometheus sends it.
    """
    reports: dict[str, AlertReport] = {}
    for alert in read_member(data, "alerts", list):
        if read_member(alert, "state", str) == FIRING:
            labels = {**external_labels, **read_labels(alert, "labels")}
            report = prometheus_report(labels, read_labels(alert, "annotations"), is_firing=True)
            reports.setdefault(report.external_id, report)
    return list(reports.values())


def read_external_labels(data: object) -> dict[str, str]:
    """Return `global.external_labels` of the configuration in `/api/v1/status/config`."""
    section = GLOBAL_SECTION.search(read_member(data, "yaml", str) + "\n")
    if section is None:
        return {}
    if len(section[0]) > MAX_SECTION:
        raise SourceGarbled(f"The global section of Prometheus's configuration has more than {MAX_SECTION} characters")
    try:
        tree = yaml.load(section[0], Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only, as labels are
    # OverflowError, ValueError: an escape outside the Unicode range.
    except (yaml.YAMLError, RecursionError, OverflowError, ValueError):
        raise SourceGarbled("Prometheus returned a configuration that is not valid YAML") from None
    labels = tree["global"].get("external_labels") if isinstance(tree["global"], dict) else None
    return storable(read_labels({"external_labels": labels}, "external_labels")) if labels else {}
