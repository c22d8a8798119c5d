"""The effect of a report on an alert: deduplication, reopening and resolving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.enums import AlertEventKind, AlertStatus, ReportWay, Resolution, Severity
from app.rules.alerts.alert_reports import AlertReport

REOPENED_WITHIN = timedelta(hours=1)
"""An alert that fires again within this time of its end is reopened; later it is a new occurrence."""
FLAPS_TO_MARK = 3


@dataclass(frozen=True, slots=True)
class AlertState:
    """The part of an alert that reports change."""

    occurrence: int
    status: AlertStatus
    severity: Severity
    message: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    flaps: int = 0
    flapped_at: datetime | None = None
    description: str = ""
    value: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    source_severity: str | None = None
    source_url: str | None = None
    host: str = ""
    host_external_id: str | None = None
    item: str = ""
    item_external_id: str | None = None
    silenced_by: Mapping[str, Any] | None = None
    is_stale: bool = False
    started_at: datetime | None = None
    last_started_at: datetime | None = None
    ended_at: datetime | None = None
    missed_at: datetime | None = None


Followed = tuple[AlertState | None, Sequence[AlertEventKind]]


def follow(
    state: AlertState | None, report: AlertReport, observed_at: datetime, way: ReportWay = ReportWay.WEBHOOK
) -> Followed:
    """Return the state after a report of `observed_at`, and the resulting events; an unchanged state means no effect.

    A report older than the known state (from a slow pull, or a delivery that waited) changes nothing. Times of the
    source are only compared with each other: its clock may be wrong by hours.
    """
    if not report.is_firing:
        return _end(state, report, observed_at)
    if state is None:
        return _begin(state, report, observed_at)
    if state.status is not AlertStatus.RESOLVED:
        return _repeat(state, report, observed_at)
    if (state.resolved_at is not None and state.resolved_at > observed_at) or _is_about_what_ended(state, report, way):
        return state, ()
    return (_begin if _is_over(state, observed_at) else _reopen)(state, report, observed_at)


def is_flapping(flaps: int, flapped_at: datetime | None, now: datetime) -> bool:
    """Return whether an alert came back three times in a row, each within an hour, the last within an hour of `now`."""
    return flaps >= FLAPS_TO_MARK and flapped_at is not None and now - flapped_at <= REOPENED_WITHIN


def _is_over(state: AlertState, observed_at: datetime) -> bool:
    return state.resolved_at is not None and observed_at - state.resolved_at > REOPENED_WITHIN


def _is_about_what_ended(state: AlertState, report: AlertReport, way: ReportWay) -> bool:
    """Return whether a posted report is a late one of the occurrence that its source reported as over.

    A pull shows what fires now, so it is never late. An end that nobody reported (a person, an absence) may be wrong.
    """
    if way is ReportWay.PULL or state.resolution is not Resolution.REPORTED or report.started_at is None:
        return False
    is_no_newer = state.last_started_at is not None and report.started_at <= state.last_started_at
    return is_no_newer or (state.ended_at is not None and report.started_at < state.ended_at)


def _begin(before: AlertState | None, report: AlertReport, observed_at: datetime) -> Followed:
    begun = AlertState(
        occurrence=1 if before is None else before.occurrence + 1,
        status=AlertStatus.ACTIVE,
        severity=report.severity,
        message=report.message,
        count=1,
        first_seen_at=observed_at,
        last_seen_at=observed_at,
        silenced_by=_quiet(report, None),
        started_at=report.started_at,
        last_started_at=report.started_at,
    )
    return _acknowledge(_told(begun, report), report, [AlertEventKind.FIRED])


def _repeat(state: AlertState, report: AlertReport, observed_at: datetime) -> Followed:
    again = replace(
        state,
        count=state.count + 1,
        last_seen_at=max(state.last_seen_at, observed_at),
        started_at=_earliest(state.started_at, report.started_at),
        last_started_at=_latest(state.last_started_at, report.started_at),
    )
    if observed_at < state.last_seen_at:
        return again, ()
    events = [AlertEventKind.CONFIRMED] if state.is_stale else []
    if report.severity is not state.severity:
        events.append(AlertEventKind.ESCALATED if report.severity > state.severity else AlertEventKind.EASED)
    told = _told(replace(again, is_stale=False, missed_at=None, silenced_by=_quiet(report, state.silenced_by)), report)
    is_told = report.severity is not state.severity
    if {*changes(state, told)} - {*(SEVERITY_TEXTS if is_told else ())}:
        events.append(AlertEventKind.CHANGED)
    return _acknowledge(told, report, events)


def _reopen(state: AlertState, report: AlertReport, observed_at: datetime) -> Followed:
    is_in_a_row = state.flapped_at is not None and observed_at - state.flapped_at <= REOPENED_WITHIN
    reopened = replace(
        state,
        status=AlertStatus.ACTIVE,
        count=state.count + 1,
        last_seen_at=observed_at,
        resolved_at=None,
        resolution=None,
        ended_at=None,
        is_stale=False,
        missed_at=None,
        silenced_by=_quiet(report, state.silenced_by),
        started_at=state.started_at or report.started_at,
        last_started_at=_latest(state.last_started_at, report.started_at),
        flaps=state.flaps + 1 if is_in_a_row else 1,
        flapped_at=observed_at,
    )
    return _acknowledge(_told(reopened, report), report, [AlertEventKind.REOPENED])


def _end(state: AlertState | None, report: AlertReport, observed_at: datetime) -> Followed:
    if state is None:
        return _begin_ended(report, observed_at)
    begun_at = _believable_start(state)
    if report.ended_at and begun_at and report.ended_at < begun_at.replace(microsecond=0):
        # The end of an earlier time that it fired. Some sources post ends in seconds.
        return state, ()
    if state.status is not AlertStatus.RESOLVED and state.last_seen_at > observed_at:
        return state, ()
    told = replace(
        state,
        resolution=Resolution.REPORTED,
        started_at=_earliest(state.started_at, report.started_at),
        last_started_at=_latest(begun_at, report.started_at),
        ended_at=report.ended_at or state.ended_at,
    )
    if state.status is AlertStatus.RESOLVED:
        return (state if told == state else told), ()
    ended = replace(
        told,
        status=AlertStatus.RESOLVED,
        last_seen_at=observed_at,
        resolved_at=observed_at,
        is_stale=False,
        missed_at=None,
    )
    return ended, (AlertEventKind.RESOLVED,)


def _believable_start(state: AlertState) -> datetime | None:
    """Return when it last began, None for a time after it was seen.

    Alertmanager takes the expected end for the beginning of an alert that was posted to it with nothing but that.
    """
    begun_at = state.last_started_at
    return None if begun_at is None or begun_at > state.last_seen_at else begun_at


def _begin_ended(report: AlertReport, observed_at: datetime) -> Followed:
    """Keep the end of an alert that was never seen to fire, if its source says when it began.

    Its firing report may still come, late, and must find that it is over.
    """
    if report.started_at is None:
        return None, ()
    begun, _ = _begin(None, report, observed_at)
    assert begun is not None  # noqa: S101 - for the type checker
    ended = replace(
        begun,
        status=AlertStatus.RESOLVED,
        resolved_at=observed_at,
        resolution=Resolution.REPORTED,
        ended_at=report.ended_at,
    )
    return ended, (AlertEventKind.RESOLVED,)


def _acknowledge(state: AlertState, report: AlertReport, events: list[AlertEventKind]) -> Followed:
    """Apply an acknowledgement at the source; its absence there does not revoke one made here."""
    if not report.is_acknowledged or state.status is AlertStatus.ACKNOWLEDGED:
        return state, events
    return replace(state, status=AlertStatus.ACKNOWLEDGED), [*events, AlertEventKind.ACKNOWLEDGED]


def _told(state: AlertState, report: AlertReport) -> AlertState:
    """Take over what a report says; what it does not say of the host, the item and the value stays known.

    Alertmanager sends no values, and a pull of the same alert has one. A report that is not whole also leaves the rest
    as it is where it says nothing.
    """
    told = replace(
        state,
        severity=report.severity,
        message=report.message,
        description=report.description,
        value=report.value or state.value,
        labels=report.labels,
        annotations=report.annotations,
        source_severity=report.source_severity,
        source_url=report.source_url or state.source_url,
        host=report.host_name or state.host,
        host_external_id=report.host_external_id or state.host_external_id,
        item=report.item_name or state.item,
        item_external_id=report.item_external_id or state.item_external_id,
    )
    if report.is_whole:
        return told
    return replace(
        told,
        description=told.description or state.description,
        labels=told.labels or state.labels,
        annotations=told.annotations or state.annotations,
    )


def _quiet(report: AlertReport, before: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not report.is_quiet_known:
        return before
    if report.quiet_by is None and before and before["kind"] in report.unspoken:
        return before
    return None if report.quiet_by is None else report.quiet_by.as_dict()


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment), default=None)


TEXTS = ("message", "description", "value", "source_severity")
SEVERITY_TEXTS = ("source_severity", "labels.severity")
"""What a change of the severity already says."""
SHOWN_TEXTS = ("summary", "description", "message")
"""Annotations whose text is the alert's message or description."""
MAX_CHANGED = 20
MAX_TEXT = 500


def severity_change(before: Severity, after: Severity) -> dict[str, list[str]]:
    """Return the severities before and after, in words; nothing if they are the same."""
    return {} if before is after else {"severity": [before.name.lower(), after.name.lower()]}


def changes(before: AlertState, after: AlertState) -> dict[str, list[str | None]]:
    """Return what a source says anew: by field (`labels.pod`), the texts before and after, None for none."""
    found: dict[str, list[str | None]] = {}
    for name in TEXTS:
        found[name] = [getattr(before, name) or None, getattr(after, name) or None]
    for name in ("labels", "annotations"):
        old, new = getattr(before, name), getattr(after, name)
        for key in sorted({*old, *new} if old != new else ()):
            if name == "labels" or key not in SHOWN_TEXTS:
                found[f"{name}.{key}"] = [old.get(key), new.get(key)]
    differing = [(name, texts) for name, texts in found.items() if texts[0] != texts[1]]
    return {name: [text and text[:MAX_TEXT] for text in texts] for name, texts in differing[:MAX_CHANGED]}
