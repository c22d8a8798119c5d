"""The state machine of a heartbeat: what pings, time and interruptions of nagare itself do to it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.enums import HeartbeatReason, HeartbeatStatus, PingKind
from app.errors import Invalid
from app.rules.cron import next_time

EARLY = timedelta(seconds=30)
"""How much too early a job may report by the clock of its machine, as long as the grace is not shorter."""

SKEW = timedelta(minutes=1)
"""How much the clocks of the machines that receive pings may differ; what is more is a clock that was set back."""


@dataclass(frozen=True, slots=True)
class Period:
    """When a heartbeat must ping: after each interval, or at the times of a cron expression; and how late it may be."""

    interval_s: int | None
    cron: str | None
    timezone: str
    grace_s: int

    @property
    def grace(self) -> timedelta:
        """How late a ping may be, and how long a run may take."""
        return timedelta(seconds=self.grace_s)

    def next_after_success(self, at: datetime) -> datetime:
        """Return when the next success is expected; one right before a time of the cron expression is that time's."""
        return self.next_after(at if self.cron is None else at + min(EARLY, self.grace))

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after this one when a success is expected."""
        if self.interval_s is not None:
            return moment + timedelta(seconds=self.interval_s)
        try:
            return next_time(self.cron or "", self.timezone, moment)
        except Invalid:
            # A later time zone database may lack the zone. A heartbeat that nobody watches any more would be worse.
            return next_time(self.cron or "", "UTC", moment)


@dataclass(frozen=True, slots=True)
class HeartbeatState:
    """The part of a heartbeat that pings and time change."""

    status: HeartbeatStatus
    reason: HeartbeatReason | None = None
    last_ping_at: datetime | None = None
    last_start_at: datetime | None = None
    running_since: datetime | None = None
    last_duration_ms: int | None = None
    due_at: datetime | None = None


def after_ping(state: HeartbeatState, period: Period, kind: PingKind, at: datetime) -> HeartbeatState:
    """Return the state after a ping. A paused heartbeat notes it and stays paused."""
    if state.last_ping_at is not None and timedelta() < state.last_ping_at - at <= SKEW:
        at = state.last_ping_at
    if kind is PingKind.START:
        return _after_start(state, period, at)
    told = replace(state, last_ping_at=at, running_since=None, last_duration_ms=duration_ms(state, at))
    if state.status is HeartbeatStatus.PAUSED:
        return told
    if kind is PingKind.SUCCESS:
        return replace(told, status=HeartbeatStatus.UP, reason=None, due_at=period.next_after_success(at))
    return _down(told, period, HeartbeatReason.FAILED, at)


def after_time(state: HeartbeatState, period: Period, now: datetime) -> HeartbeatState:
    """Return the state after time has passed without a ping.

    A heartbeat that stays down becomes due again after each run that it misses.
    """
    while state.due_at is not None and state.due_at <= now:
        if state.status is HeartbeatStatus.UP and state.running_since is None:
            state = replace(state, status=HeartbeatStatus.LATE, due_at=state.due_at + period.grace)
        else:
            is_running = state.running_since is not None
            state = _down(state, period, HeartbeatReason.OVERRUN if is_running else HeartbeatReason.LATE, now)
    return state


def after_interruption(state: HeartbeatState, period: Period, since: datetime, until: datetime) -> HeartbeatState:
    """Return the state after a time in which nothing could receive pings.

    A ping that may have been lost in it is taken as sent: the next one is expected as if it had come. What was expected
    before or after it is judged as always.
    """
    if state.due_at is None:
        return state
    earliest, latest = _awaited(state, period, state.due_at)
    if earliest > until or latest < since:
        return state
    expected_at = period.next_after(until)
    if state.status is HeartbeatStatus.DOWN:
        return replace(state, running_since=None, due_at=expected_at + period.grace)
    return replace(state, status=HeartbeatStatus.UP, running_since=None, due_at=expected_at)


def paused(state: HeartbeatState) -> HeartbeatState:
    """Return the state of a heartbeat that nobody watches."""
    return replace(state, status=HeartbeatStatus.PAUSED, reason=None, running_since=None, due_at=None)


def watched_from(state: HeartbeatState, period: Period, now: datetime) -> HeartbeatState:
    """Return the state of a heartbeat that is watched (again, or by another period) from now on."""
    if state.last_ping_at is None and state.status is not HeartbeatStatus.DOWN:
        return replace(state, status=HeartbeatStatus.NEW, running_since=None, due_at=None)
    expected_at = period.next_after(now)
    if state.status is HeartbeatStatus.DOWN:
        return replace(state, running_since=None, due_at=expected_at + period.grace)
    return replace(state, status=HeartbeatStatus.UP, running_since=None, due_at=expected_at)


def duration_ms(state: HeartbeatState, at: datetime) -> int | None:
    """Return how long the run took that ends at this time; None without a start since the last ping."""
    start = state.last_start_at
    if start is None or start > at or (state.last_ping_at is not None and state.last_ping_at >= start):
        return None
    return int((at - start) / timedelta(milliseconds=1))


def _after_start(state: HeartbeatState, period: Period, at: datetime) -> HeartbeatState:
    if state.status is HeartbeatStatus.PAUSED:
        return replace(state, last_start_at=at)
    if state.running_since is not None:
        # A job that starts again and again and never finishes must not move its own deadline.
        return replace(state, last_start_at=at)
    return replace(state, last_start_at=at, running_since=at, due_at=at + period.grace)


def _down(state: HeartbeatState, period: Period, reason: HeartbeatReason, now: datetime) -> HeartbeatState:
    due_at = period.next_after(now) + period.grace
    return replace(state, status=HeartbeatStatus.DOWN, reason=reason, due_at=due_at)


def _awaited(state: HeartbeatState, period: Period, due_at: datetime) -> tuple[datetime, datetime]:
    """Return in which time the ping may come for which a heartbeat waits; it may also be a little early."""
    if state.running_since is not None:
        return state.running_since, due_at
    latest = due_at + period.grace if state.status is HeartbeatStatus.UP else due_at
    return latest - 2 * period.grace, latest
