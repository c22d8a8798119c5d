"""Counts only the time in which nagare ran: what was not heard while it did not run, is not missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.rules.cron import times_before

RUNS_TO_MISS = 3

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class WatchedTime:
    """The periods in which nagare ran, the one that ended last first; they may overlap."""

    now: datetime
    periods: Sequence[Period]
    _known: dict[tuple[str, float], datetime | None] = field(default_factory=dict)

    def since(self, seconds: float) -> datetime | None:
        """Return the moment since which nagare ran for this long; None if it did not run that long."""
        left = timedelta(seconds=seconds)
        if not left:
            return self.now
        for began_at, ended_at in self._separate(self.now):
            if ended_at - began_at >= left:
                return ended_at - left
            left -= ended_at - began_at
        return None

    def since_runs(self, rhythm: str, grace_s: float) -> datetime | None:
        """Return the moment since which three runs have been due; None if there were less while nagare ran.

        `rhythm` has the schedules, one a line (`rhythm_of`); the most frequent one decides. A run counts `grace_s`
        after it was due.
        """
        key = (rhythm, grace_s)
        if key not in self._known:
            lines = [line.partition(" ") for line in rhythm.splitlines()]
            found = [self._third_run(timezone, cron, grace_s) for timezone, _, cron in lines]
            self._known[key] = max((moment for moment in found if moment), default=None)
        return self._known[key]

    def _third_run(self, timezone: str, cron: str, grace_s: float) -> datetime | None:
        missed = 0
        for began_at, ended_at in self._separate(self.now - timedelta(seconds=grace_s)):
            for due_at in times_before(cron, timezone, ended_at):
                if due_at < began_at:
                    break
                missed += 1
                if missed == RUNS_TO_MISS:
                    return due_at
        return None

    def _separate(self, until: datetime) -> Iterator[Period]:
        """Yield the periods before a time, newest first, without their overlaps."""
        for began_at, ended_at in self.periods:
            if min(ended_at, until) > began_at:
                yield began_at, min(ended_at, until)
            until = min(until, began_at)


def rhythm_of(schedules: Sequence[tuple[str, str]]) -> str:
    """Return the (time zone, cron expression) of schedules as one text, the same for the same schedules."""
    return "\n".join(sorted({f"{timezone} {' '.join(cron.split())}" for timezone, cron in schedules}))
