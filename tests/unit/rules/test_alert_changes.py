"""What becomes of an alert report by report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.enums import AlertEventKind, AlertStatus, Severity
from app.rules.alert_changes import AlertState, follow, is_flapping
from app.rules.alert_reports import AlertReport

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FIRING = AlertReport("zabbix", "7", True, "磁盘空间不足", Severity.WARNING)
OVER = replace(FIRING, is_firing=False)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def story(*reports: tuple[float, AlertReport]) -> tuple[AlertState, list[str]]:
    """Return the state after reports at these minutes, and what happened on the way."""
    state: AlertState | None = None
    happened: list[str] = []
    for minutes, report in reports:
        state, events = follow(state, report, after(minutes))
        happened += [str(event) for event in events]
    assert state is not None
    return state, happened


def test_a_repeat_counts_and_is_seen() -> None:
    state, happened = story((0, FIRING), (1, FIRING), (5, FIRING))
    assert (state.count, state.first_seen_at, state.last_seen_at) == (3, NOON, after(5))
    assert happened == ["fired"]


def test_a_resolve_resolves_once() -> None:
    state, happened = story((0, FIRING), (1, OVER), (2, OVER))
    assert (state.status, state.resolved_at, state.count) == (AlertStatus.RESOLVED, after(1), 1)
    assert happened == ["fired", "resolved"]


def test_a_resolve_of_something_unknown_is_nothing() -> None:
    assert follow(None, OVER, NOON) == (None, ())


@pytest.mark.parametrize(
    ("minutes", "occurrence", "happened"),
    [(61, 1, ["fired", "resolved", "reopened"]), (61.1, 2, ["fired", "resolved", "fired"])],
)
def test_a_firing_within_an_hour_of_the_end_reopens_and_later_is_new(
    minutes: float, occurrence: int, happened: list[str]
) -> None:
    state, events = story((0, FIRING), (1, OVER), (minutes, FIRING))
    assert (state.occurrence, state.status, state.resolved_at, events) == (
        occurrence,
        AlertStatus.ACTIVE,
        None,
        happened,
    )
    assert state.first_seen_at == (NOON if occurrence == 1 else after(minutes))


def test_a_new_severity_and_message_are_taken_over() -> None:
    worse = replace(FIRING, severity=Severity.CRITICAL, message="磁盘已满")
    state, happened = story((0, FIRING), (1, worse))
    assert (state.severity, state.message) == (Severity.CRITICAL, "磁盘已满")
    assert happened == ["fired", "escalated"]
    assert story((0, worse), (1, FIRING))[1] == ["fired", "eased"]


def test_an_acknowledgement_at_the_source_is_followed_and_its_absence_takes_nothing_back() -> None:
    state, happened = story((0, FIRING), (1, replace(FIRING, is_acknowledged=True)), (2, FIRING))
    assert state.status is AlertStatus.ACKNOWLEDGED
    assert happened == ["fired", "acknowledged"]


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    over, _ = story((0, FIRING), (5, OVER))
    assert follow(over, FIRING, after(4)) == (over, ())
    seen, _ = story((0, FIRING), (5, FIRING))
    assert follow(seen, OVER, after(4)) == (seen, ())
    late, events = follow(seen, replace(FIRING, message="old"), after(4))
    assert late == replace(seen, count=3)
    assert events == ()


def test_what_comes_back_three_times_in_a_row_flaps_until_an_hour_passed() -> None:
    flaps = [(2.0 * number + end, OVER if end else FIRING) for number in range(4) for end in (0, 1)]
    state, happened = story(*flaps)
    assert (state.flaps, happened.count(AlertEventKind.REOPENED)) == (3, 3)
    assert is_flapping(state.flaps, state.flapped_at, after(66))
    assert not is_flapping(state.flaps, state.flapped_at, after(67))
    assert not is_flapping(2, after(5), after(6))
    calm, _ = story((0, FIRING), (1, OVER), (2, FIRING), (50, FIRING), (70, OVER), (80, FIRING))
    assert calm.flaps == 1


def test_what_the_source_keeps_quiet_about_does_not_begin_and_does_not_end() -> None:
    quiet = replace(FIRING, is_suppressed=True)
    assert follow(None, quiet, NOON) == (None, ())
    state, happened = story((0, FIRING), (1, quiet), (2, OVER), (3, quiet), (4, FIRING))
    assert (state.count, happened) == (3, ["fired", "resolved", "reopened"])
