"""Converts the alarms of Netdata's nodes to reports; any unexpected shape is SourceGarbled."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote

from app.connectors.answers import read_clock, read_flag, read_object, read_text
from app.connectors.netdata.nodes import Node
from app.enums import QuietKind
from app.errors import SourceError
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.alert_reports import AlertReport, Quiet

SOURCE = "netdata"
RAISED = ("WARNING", "CRITICAL")
UNDECIDED = ("UNINITIALIZED", "UNDEFINED")
"""Netdata has not evaluated it since it started or read its configuration again, or has no value for it."""
LABELS = ("name", "chart", "context", "family", "class", "component", "type")
NO_SAID = ("", "Unknown")


@dataclass(frozen=True, slots=True)
class NodeAlarms:
    """What one node says of its alarms."""

    reports: Sequence[AlertReport] = ()
    still_open: Sequence[str] = ()
    is_evaluated: bool = True
    """Whether the node has alarms: it has none for some seconds after a start or a reload."""
    error: SourceError | None = None


def read_statuses(answer: object) -> dict[str, str]:
    """Return the status of each alarm of `/api/v1/alarms_values` by its name there. Raises SourceGarbled."""
    alarms = read_object(answer, "alarms")
    return {name: read_text(read_object(alarms, name), "status") for name in alarms}


def undecided(statuses: dict[str, str], node: Node) -> list[str]:
    """Return the external ids of alarms that may be raised, although Netdata does not say so at the moment."""
    return [external_id(node, name) for name, status in statuses.items() if status in UNDECIDED]


def read_raised(answer: object, node: Node, url: str) -> list[AlertReport]:
    """Return the raised alarms of `/api/v1/alarms`. Raises SourceGarbled."""
    alarms = read_object(answer, "alarms")
    found = ((name, read_object(alarms, name)) for name in alarms)
    return [_report(name, alarm, node, url) for name, alarm in found if read_text(alarm, "status") in RAISED]


def external_id(node: Node, name: str) -> str:
    """Return the identity of an alarm. Netdata's own number changes when the agent starts."""
    return f"{node.external_id}/{name}"


def _report(name: str, alarm: Any, node: Node, url: str) -> AlertReport:
    labels = {label: text for label in LABELS if (text := read_text(alarm, label)) not in NO_SAID}
    alert, info, chart = labels.get("name", name), _said(alarm, "info"), labels.get("chart", "")
    summary = _said(alarm, "summary")
    annotations = {
        field: text for field in ("recipient", "source", "calc", "warn", "crit") if (text := _said(alarm, field))
    }
    return AlertReport(
        source=SOURCE,
        external_id=external_id(node, name),
        is_firing=True,
        message=summary or (f"{alert}: {info}" if info else f"{alert} of {chart}"),
        source_severity=read_text(alarm, "status"),
        description=info,
        value=_said(alarm, "value_string") or None,
        labels=bounded_labels({"alertname": alert, "instance": node.name, **labels}),
        annotations=annotations,
        started_at=read_clock(alarm, "last_status_change"),
        source_url=f"{url}/host/{quote(node.external_id, safe='')}/#menu_{quote(chart.partition('.')[0], safe='')}",
        quiet=_quiet(alarm),
        host_external_id=node.external_id,
        host_name=node.name,
        raw=alarm,
    )


def _quiet(alarm: Any) -> Quiet | None:
    """Return what the health management API set: who and until when is not said."""
    is_quiet = read_flag(alarm, "silenced") or read_flag(alarm, "disabled")
    return Quiet(QuietKind.SILENCE, comment="Silenced by Netdata's health management API") if is_quiet else None


def _said(alarm: Any, field: str) -> str:
    """Return a text that Netdata writes as HTML: expressions with `&gt;`."""
    return unescape(read_text(alarm, field)).strip()
