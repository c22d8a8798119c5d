"""Only the time in which nagare ran counts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.rules.liveness.watched_time import Period, WatchedTime, rhythm_of

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
EVERY_MINUTE = "UTC * * * * *"


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def test_time_without_a_leader_is_left_out() -> None:
    time = WatchedTime(NOW, [(ago(10), NOW), (ago(100), ago(60))])
    assert time.since(0) == NOW
    assert time.since(10 * 60) == ago(10)
    assert time.since(20 * 60) == ago(70)
    assert time.since(50 * 60) == ago(100)
    assert time.since(51 * 60) is None


def test_periods_of_two_leaders_overlap_and_count_once() -> None:
    time = WatchedTime(NOW, [(ago(10), NOW), (ago(15), ago(1)), (ago(12), ago(8))])
    assert time.since(14 * 60) == ago(14)
    assert time.since(16 * 60) is None


def test_a_clock_that_went_back_counts_nothing_of_the_future() -> None:
    time = WatchedTime(NOW, [(ago(-60), ago(-50)), (ago(10), NOW)])
    assert time.since(5 * 60) == ago(5)


def test_three_runs_must_have_been_due_while_nagare_ran() -> None:
    assert WatchedTime(NOW, [(ago(10), NOW)]).since_runs(EVERY_MINUTE, 60) == ago(4)
    assert WatchedTime(NOW, [(ago(2.5), NOW), (ago(90), ago(61.5))]).since_runs(EVERY_MINUTE, 60) == ago(63)
    assert WatchedTime(NOW, [(ago(2.5), NOW)]).since_runs(EVERY_MINUTE, 60) is None
    assert WatchedTime(NOW, []).since_runs(EVERY_MINUTE, 60) is None


def test_the_most_frequent_schedule_decides() -> None:
    time = WatchedTime(NOW, [(ago(10_000), NOW)])
    assert time.since_runs(rhythm_of([("UTC", "0 * * * *"), ("UTC", "*/5  * * * *")]), 0) == ago(15)
    assert time.since_runs("UTC 0 * * * *", 0) == ago(180)
    assert time.since_runs("Asia/Shanghai 0 3 * * *", 0) == datetime(2026, 1, 28, 19, 0, tzinfo=UTC)


def test_what_no_longer_is_a_schedule_is_never_missed() -> None:
    time = WatchedTime(NOW, [(ago(10_000), NOW)])
    assert time.since_runs("", 0) is time.since_runs("Nowhere/City * * * * *", 0) is None


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 100)), max_size=6), st.integers(1, 600))
def test_it_counts_minute_by_minute(spans: list[tuple[int, int]], minutes: int) -> None:
    periods: list[Period] = [(ago(start + length), ago(start)) for start, length in spans]
    time = WatchedTime(NOW, sorted(periods, key=lambda period: period[1], reverse=True))
    ran = sorted({minute for start, length in spans for minute in range(start, start + length)})
    since = time.since(minutes * 60)
    assert since == (ago(ran[minutes - 1] + 1) if len(ran) >= minutes else None)
