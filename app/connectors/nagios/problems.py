"""Converts the problems of hosts and services in Nagios to reports; any unexpected shape is SourceGarbled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from app.connectors.answers import cut, read_clock, read_flag, read_member, read_object, read_text
from app.connectors.base import MAX_NAME
from app.connectors.nagios.api import TICKS, Row
from app.connectors.nagios.hosts import HOST_STATES, require_id, shown_state
from app.connectors.nagios.services import CODES, OK, SERVICE_STATES
from app.enums import QuietKind
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.alert_reports import AlertReport, Quiet

SOURCE = "nagios"
HARD = 1
ACKNOWLEDGEMENT = 4
"""The entry type of a comment that came with an acknowledgement."""
MAX_COMMENT = 1000
ENDLESS = datetime.max.replace(tzinfo=UTC)


class Subject(NamedTuple):
    """What a problem is about; a host itself has an empty service."""

    host: str
    service: str

    @property
    def external_id(self) -> str:
        """The alert's identity. No name in Nagios has a semicolon."""
        return f"{self.host};{self.service}"


@dataclass(frozen=True, slots=True)
class Remarks:
    """What people said of problems: acknowledgements and downtimes in effect."""

    acknowledgements: Mapping[Subject, tuple[str, str]]
    """Author and comment of the last one."""
    downtimes: Mapping[Subject, Quiet]


def read_remarks(comments: Row, downtimes: Row) -> Remarks:
    """Return what `commentlist` and `downtimelist` say. Raises SourceGarbled."""
    acknowledgements = {}
    for entry in (read_object(comments, id) for id in comments):
        if read_member(entry, "entry_type", int) == ACKNOWLEDGEMENT:
            said = read_text(entry, "author", MAX_NAME), read_text(entry, "comment_data", MAX_COMMENT)
            acknowledgements[_subject(entry)] = said
    quiets: dict[Subject, Quiet] = {}
    for id in downtimes:
        entry = read_object(downtimes, id)
        if read_flag(entry, "is_in_effect"):
            quiet, subject = _downtime(id, entry), _subject(entry)
            known = quiets.get(subject)
            if known is None or (quiet.until or ENDLESS) > (known.until or ENDLESS):
                quiets[subject] = quiet
    return Remarks(acknowledgements, quiets)


def state_of(subject: Subject, status: Row) -> str | None:
    """Return Nagios's word for the state of a problem; None if there is no problem. Raises SourceGarbled."""
    code = read_member(status, "status", int)
    if not subject.service:
        return HOST_STATES.get(code)
    return SERVICE_STATES[code] if code in CODES and code != OK else None


def is_hard(status: Row) -> bool:
    """Return whether Nagios has checked a problem as often as it is configured to, before it tells anyone."""
    return read_member(status, "state_type", int) == HARD


def problem_report(subject: Subject, state: str, status: Row, remarks: Remarks, url: str) -> AlertReport:
    """Return the report of a problem. Raises SourceGarbled."""
    host, service = require_id(subject.host), subject.service and require_id(subject.service)
    output = read_text(status, "plugin_output")
    since = read_clock(status, "last_hard_state_change", TICKS) or read_clock(status, "last_state_change", TICKS)
    is_acknowledged = read_flag(status, "problem_has_been_acknowledged")
    # A host's downtime keeps its services quiet too, although their own depth is 0.
    quiet = remarks.downtimes.get(subject) or remarks.downtimes.get(Subject(host, ""))
    if quiet is None and read_member(status, "scheduled_downtime_depth", int) > 0:
        quiet = Quiet(QuietKind.MAINTENANCE)
    about: dict[str, str] = {"type": "2" if service else "1", "host": host} | ({"service": service} if service else {})
    return AlertReport(
        source=SOURCE,
        external_id=subject.external_id,
        is_firing=True,
        message=f"{service or 'Host'}: {shown_state(state, output)}",
        source_severity=state,
        description=read_text(status, "long_plugin_output").replace("\\n", "\n"),
        value=read_text(status, "perf_data") or None,
        labels=bounded_labels({"alertname": service or "Host", "host": host, "service": service}),
        annotations=_annotations(subject, status, remarks if is_acknowledged else None),
        started_at=since,
        source_url=f"{url}/extinfo.cgi?{urlencode(about)}",
        is_acknowledged=is_acknowledged,
        quiet=quiet,
        host_external_id=host,
        host_name=host,
        item_external_id=service or None,
        item_name=service or None,
        raw=status,
    )


def _annotations(subject: Subject, status: Row, remarks: Remarks | None) -> dict[str, str]:
    said: dict[str, Any] = {"flapping": "yes"} if read_flag(status, "is_flapping") else {}
    if remarks and subject in remarks.acknowledgements:
        said["acknowledged_by"], said["acknowledgement"] = remarks.acknowledgements[subject]
    return {name: text for name, text in said.items() if text}


def _subject(entry: Row) -> Subject:
    return Subject(read_text(entry, "host_name"), read_text(entry, "service_description"))


def _downtime(id: str, entry: Row) -> Quiet:
    by, comment = read_text(entry, "author", MAX_NAME), read_text(entry, "comment", MAX_COMMENT)
    return Quiet(
        QuietKind.MAINTENANCE, cut(id, MAX_NAME), by or None, comment or None, read_clock(entry, "end_time", TICKS)
    )
