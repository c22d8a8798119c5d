"""The effect of a report on an alert: deduplication, reopening and resolving."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.enums import AlertEventKind, AlertStatus, Severity
from app.rules.alert_reports import AlertReport

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
    flaps: int = 0
    flapped_at: datetime | None = None


Followed = tuple[AlertState | None, Sequence[AlertEventKind]]


def follow(state: AlertState | None, report: AlertReport, observed_at: datetime) -> Followed:
    """Return the state after a report of `observed_at`, and the resulting events; an unchanged state means no effect.

    A report older than the known state (from a slow pull, or a delivery that waited) changes nothing.
    """
    if not report.is_firing:
        return _end(state, observed_at)
    if state is None or _is_over(state, observed_at):
        return _begin(state, report, observed_at)
    if state.status is not AlertStatus.RESOLVED:
        return _repeat(state, report, observed_at)
    if state.resolved_at is not None and state.resolved_at > observed_at:
        return state, ()
    return _reopen(state, report, observed_at)


def is_flapping(flaps: int, flapped_at: datetime | None, now: datetime) -> bool:
    """Return whether an alert came back three times in a row, each within an hour, the last within an hour of `now`."""
    return flaps >= FLAPS_TO_MARK and flapped_at is not None and now - flapped_at <= REOPENED_WITHIN


def _is_over(state: AlertState, observed_at: datetime) -> bool:
    return state.resolved_at is not None and observed_at - state.resolved_at > REOPENED_WITHIN


def _begin(before: AlertState | None, report: AlertReport, observed_at: datetime) -> Followed:
    if report.is_suppressed:
        return before, ()
    begun = AlertState(
        occurrence=1 if before is None else before.occurrence + 1,
        status=AlertStatus.ACTIVE,
        severity=report.severity,
        message=report.message,
        count=1,
        first_seen_at=observed_at,
        last_seen_at=observed_at,
    )
    return _acknowledge(begun, report, [AlertEventKind.FIRED])


def _repeat(state: AlertState, report: AlertReport, observed_at: datetime) -> Followed:
    again = replace(state, count=state.count + 1, last_seen_at=max(state.last_seen_at, observed_at))
    if observed_at < state.last_seen_at:
        return again, ()
    events = []
    if report.severity is not state.severity:
        events.append(AlertEventKind.ESCALATED if report.severity > state.severity else AlertEventKind.EASED)
    return _acknowledge(replace(again, severity=report.severity, message=report.message), report, events)


def _reopen(state: AlertState, report: AlertReport, observed_at: datetime) -> Followed:
    if report.is_suppressed:
        return state, ()
    is_in_a_row = state.flapped_at is not None and observed_at - state.flapped_at <= REOPENED_WITHIN
    reopened = replace(
        state,
        status=AlertStatus.ACTIVE,
        severity=report.severity,
        message=report.message,
        count=state.count + 1,
        last_seen_at=observed_at,
        resolved_at=None,
        flaps=state.flaps + 1 if is_in_a_row else 1,
        flapped_at=observed_at,
    )
    return _acknowledge(reopened, report, [AlertEventKind.REOPENED])


def _end(state: AlertState | None, observed_at: datetime) -> Followed:
    is_news = state is not None and state.status is not AlertStatus.RESOLVED and state.last_seen_at <= observed_at
    if state is None or not is_news:
        return state, ()
    ended = replace(state, status=AlertStatus.RESOLVED, last_seen_at=observed_at, resolved_at=observed_at)
    return ended, (AlertEventKind.RESOLVED,)


def _acknowledge(state: AlertState, report: AlertReport, events: list[AlertEventKind]) -> Followed:
    """Apply an acknowledgement at the source; its absence there does not revoke one made here."""
    if not report.is_acknowledged or state.status is AlertStatus.ACKNOWLEDGED:
        return state, events
    return replace(state, status=AlertStatus.ACKNOWLEDGED), [*events, AlertEventKind.ACKNOWLEDGED]
