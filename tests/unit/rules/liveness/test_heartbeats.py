"""The state machine of heartbeats: pings, time, and interruptions of nagare itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.enums import HeartbeatReason, HeartbeatStatus, PingKind
from app.rules.liveness.heartbeats import (
    HeartbeatState,
    Period,
    after_interruption,
    after_ping,
    after_time,
    paused,
    watched_from,
)

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = HeartbeatState(HeartbeatStatus.NEW)
HOURLY = Period(3600, None, "UTC", 300)
NIGHTLY = Period(None, "30 2 * * *", "Europe/Berlin", 3600)
UP, LATE, DOWN = HeartbeatStatus.UP, HeartbeatStatus.LATE, HeartbeatStatus.DOWN


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def succeeded(period: Period, at: datetime = NOON) -> HeartbeatState:
    return after_ping(NEW, period, PingKind.SUCCESS, at)


def told(state: HeartbeatState) -> tuple[HeartbeatStatus, HeartbeatReason | None, datetime | None]:
    return state.status, state.reason, state.due_at


def test_one_that_never_pinged_is_not_expected_to() -> None:
    assert after_time(NEW, HOURLY, NOON + timedelta(days=365)) == NEW


def test_it_is_late_when_the_ping_is_missing_and_down_after_the_grace() -> None:
    up = succeeded(HOURLY)
    assert told(up) == (UP, None, NOON + 60 * MINUTE)
    assert after_time(up, HOURLY, NOON + 59 * MINUTE) == up
    late = after_time(up, HOURLY, NOON + 60 * MINUTE)
    assert told(late) == (LATE, None, NOON + 65 * MINUTE)
    down = after_time(late, HOURLY, NOON + 65 * MINUTE)
    assert told(down) == (DOWN, HeartbeatReason.LATE, NOON + 130 * MINUTE), "and due again when the next run is missed"
    assert told(after_ping(down, HOURLY, PingKind.SUCCESS, NOON + 70 * MINUTE)) == (UP, None, NOON + 130 * MINUTE)


def test_however_late_somebody_looks_it_is_down_once() -> None:
    at = NOON + timedelta(days=3)
    assert told(after_time(succeeded(HOURLY), HOURLY, at)) == (DOWN, HeartbeatReason.LATE, at + 65 * MINUTE)


def test_a_failure_is_down_at_once_also_the_first_ping() -> None:
    for state in (NEW, succeeded(HOURLY)):
        failed = after_ping(state, HOURLY, PingKind.FAIL, NOON)
        assert told(failed) == (DOWN, HeartbeatReason.FAILED, NOON + 65 * MINUTE)


def test_a_start_without_an_end_is_down_after_the_grace() -> None:
    started = after_ping(succeeded(HOURLY), HOURLY, PingKind.START, NOON + 59 * MINUTE)
    assert told(started) == (UP, None, NOON + 64 * MINUTE)
    over = after_time(started, HOURLY, NOON + 64 * MINUTE)
    assert told(over) == (DOWN, HeartbeatReason.OVERRUN, NOON + 129 * MINUTE)
    ended = after_ping(over, HOURLY, PingKind.SUCCESS, NOON + 70 * MINUTE)
    assert (ended.status, ended.running_since, ended.last_duration_ms) == (UP, None, 11 * 60_000)


def test_a_job_that_starts_again_and_again_does_not_move_its_deadline() -> None:
    state = NEW
    for minute in range(6):
        state = after_time(state, HOURLY, NOON + minute * MINUTE)
        state = after_ping(state, HOURLY, PingKind.START, NOON + minute * MINUTE)
    assert (state.status, state.reason) == (DOWN, HeartbeatReason.OVERRUN)


def test_a_duration_needs_a_start_of_the_same_run() -> None:
    started = after_ping(NEW, HOURLY, PingKind.START, NOON)
    first = after_ping(started, HOURLY, PingKind.FAIL, NOON + MINUTE)
    assert first.last_duration_ms == 60_000
    assert after_ping(first, HOURLY, PingKind.SUCCESS, NOON + 2 * MINUTE).last_duration_ms is None


def test_a_paused_one_notes_its_pings_and_stays_paused() -> None:
    state = paused(after_ping(NEW, HOURLY, PingKind.FAIL, NOON))
    for kind in PingKind:
        state = after_ping(state, HOURLY, kind, NOON + MINUTE)
        assert told(state) == (HeartbeatStatus.PAUSED, None, None)
    assert state.last_ping_at == NOON + MINUTE
    assert told(watched_from(state, HOURLY, NOON)) == (UP, None, NOON + 60 * MINUTE)
    assert watched_from(paused(NEW), HOURLY, NOON) == NEW


@pytest.mark.parametrize(
    ("pinged", "due"),
    [
        ("2026-01-31T01:40:00Z", "2026-02-01T01:30:00Z"),
        # The clock of the job's machine is a few seconds ahead.
        ("2026-01-31T01:29:50Z", "2026-02-01T01:30:00Z"),
        ("2026-01-31T01:00:00Z", "2026-01-31T01:30:00Z"),
        # 02:30 does not exist on 2026-03-29, and exists twice on 2026-10-25.
        ("2026-03-28T01:31:00Z", "2026-03-29T01:00:00Z"),
        ("2026-03-29T01:01:00Z", "2026-03-30T00:30:00Z"),
        ("2026-10-25T00:31:00Z", "2026-10-26T01:30:00Z"),
    ],
)
def test_a_cron_expression_is_in_its_time_zone(pinged: str, due: str) -> None:
    assert succeeded(NIGHTLY, moment(pinged)).due_at == moment(due)


def test_a_time_zone_that_is_gone_does_not_end_the_watch() -> None:
    assert succeeded(Period(None, "0 * * * *", "Mars/Olympus", 60)).due_at == NOON + 60 * MINUTE


@pytest.mark.parametrize(
    ("since", "until", "due"),
    [
        # While nobody expected a ping, it changes nothing.
        (10, 50, 60),
        (50, 56, 116),
        (61, 62, 122),
        (64, 200, 260),
        (-100, 30, 60),
    ],
)
def test_a_ping_that_an_interruption_may_have_swallowed_counts_as_sent(since: int, until: int, due: int) -> None:
    state = after_interruption(succeeded(HOURLY), HOURLY, NOON + since * MINUTE, NOON + until * MINUTE)
    assert told(state) == (UP, None, NOON + due * MINUTE)


def test_what_was_overdue_before_an_interruption_is_judged() -> None:
    since, until = NOON + 66 * MINUTE, NOON + timedelta(days=1)
    up = succeeded(HOURLY)
    late = after_time(up, HOURLY, NOON + 61 * MINUTE)
    for state in (up, late):
        assert after_interruption(state, HOURLY, since, until) == state
    assert after_interruption(late, HOURLY, since - 2 * MINUTE, until).status is UP


def test_the_end_of_a_run_may_have_been_swallowed() -> None:
    started = after_ping(succeeded(HOURLY), HOURLY, PingKind.START, NOON + 60 * MINUTE)
    state = after_interruption(started, HOURLY, NOON + 62 * MINUTE, NOON + 63 * MINUTE)
    assert (*told(state), state.running_since) == (UP, None, NOON + 123 * MINUTE, None)


def test_an_interruption_resolves_nothing() -> None:
    failed = after_ping(NEW, HOURLY, PingKind.FAIL, NOON)
    state = after_interruption(failed, HOURLY, NOON, NOON + timedelta(days=1))
    assert told(state) == (DOWN, HeartbeatReason.FAILED, NOON + timedelta(days=1) + 65 * MINUTE)


steps = st.lists(st.tuples(st.sampled_from([None, *PingKind]), st.integers(1, 10_000)), max_size=30)
periods = st.sampled_from([HOURLY, NIGHTLY, Period(10, None, "UTC", 10), Period(None, "* * * * *", "UTC", 60)])


@settings(max_examples=300, deadline=None)
@given(periods, steps)
def test_it_is_down_exactly_while_there_is_a_reason_and_always_becomes_due_again(
    period: Period, taken: list[tuple[PingKind | None, int]]
) -> None:
    state, at = NEW, NOON
    for kind, seconds in taken:
        at += timedelta(seconds=seconds)
        state = after_time(state, period, at)
        state = state if kind is None else after_ping(state, period, kind, at)
        assert (state.status is DOWN) == (state.reason is not None)
        assert state.due_at is None or state.due_at > at
        assert (state.due_at is None) == (state.last_ping_at is None and state.last_start_at is None)
        assert after_time(state, period, at) == state
        is_over = kind in (PingKind.SUCCESS, PingKind.FAIL)
        assert not is_over or (state.status is UP) == (kind is PingKind.SUCCESS)
