"""For how long an open alert counts as confirmed after its source reported it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.rules.alerts.own_messages import OWN_SOURCE as OWN_SOURCE
from app.rules.liveness.watched_time import WatchedTime

UNCONFIRMED_SOURCES = ("test", OWN_SOURCE)
"""Nobody repeats test alerts, and nagare ends its own ones itself."""
REPEATING_SOURCES = ("prometheus", "grafana")
"""They repeat what they post as long as it fires: every four hours by default."""
REPEATED_S = 5 * 3600
POSTED_S = 24 * 3600
RESOLVE_STALE_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a monitor's alerts are heard, and since when."""

    stale_after_s: int | None
    """The monitor's own time; None for one that fits the source."""
    rhythm: str | None
    """When its alerts are pulled; None if no enabled schedule pulls them."""
    pulled_since: datetime | None
    """Since when pulls of its alerts are expected; None while they are paused."""
    posted_since: datetime | None
    """Since when posts are received; None while they are not."""
    resolve_stale_after_s: int | None = None
    """How long the monitor's alerts may be stale; None for the default."""

    @property
    def heard_since(self) -> datetime | None:
        """Since when its alerts can be confirmed at all; None while they cannot."""
        return self.posted_since or self.pulled_since


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Since when an alert must have been reported to count as confirmed; None where it is too early to say."""

    is_pulled: bool
    """Whether pulls confirm the alerts that an earlier pull found."""
    pulled: datetime | None
    repeated: datetime | None
    posted: datetime | None

    def since(self, source: str, *, was_pulled: bool) -> datetime | None:
        """Return that moment for one alert."""
        if was_pulled and self.is_pulled:
            return self.pulled
        return self.repeated if source in REPEATING_SOURCES else self.posted


def confirmed(hearings: Sequence[Hearing], time: WatchedTime, pull_grace_s: float) -> Confirmed:
    """Return what counts as confirmed for alerts that several monitors report: the one with the most time decides."""
    pulling = [each for each in hearings if each.rhythm is not None]
    return Confirmed(
        is_pulled=bool(pulling),
        pulled=_earliest([_pulled(each, time, pull_grace_s) for each in pulling]),
        repeated=_earliest([_posted(each, time, REPEATED_S) for each in hearings]),
        posted=_earliest([_posted(each, time, POSTED_S) for each in hearings]),
    )


def stale_before(hearings: Sequence[Hearing], time: WatchedTime) -> datetime | None:
    """Return before when alerts must have become stale to be resolved now; None if it is too early to say.

    An alert of a monitor that was disabled meanwhile gets all the time again.
    """
    rules = [each.resolve_stale_after_s for each in hearings]
    moment = time.since(max(RESOLVE_STALE_S if rule is None else rule for rule in rules))
    return _earliest([_if_heard(moment, each.heard_since) for each in hearings])


def _pulled(hearing: Hearing, time: WatchedTime, grace_s: float) -> datetime | None:
    if hearing.stale_after_s is not None:
        return _if_heard(time.since(hearing.stale_after_s), hearing.pulled_since)
    return _if_heard(time.since_runs(hearing.rhythm or "", grace_s), hearing.pulled_since)


def _posted(hearing: Hearing, time: WatchedTime, default_s: int) -> datetime | None:
    seconds = default_s if hearing.stale_after_s is None else hearing.stale_after_s
    return _if_heard(time.since(seconds), hearing.posted_since)


def _if_heard(moment: datetime | None, heard_since: datetime | None) -> datetime | None:
    return None if moment is None or heard_since is None or heard_since > moment else moment


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None
