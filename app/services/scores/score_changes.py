"""Says what changed the health score, and when it fell."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.rules.alerts.score_changes import LOWERING, RAISING, Drop, drops, summed_up
from app.services.alerts.scores import SAMPLE_EVERY_S, check_scope
from app.store.alerts import score_samples
from app.store.alerts.scores import Scope
from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.scores import changes

MAX_EVENTS = 2000
MAX_PULLS = 20
MAX_SAMPLES = 10_000
SHOWN_OF_A_DROP = 3
"""How many changes are told of each drop: the heaviest."""


class ScoreChanges:
    """Raises NotFound if the monitor does not exist, and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(self, after: datetime, before: datetime, monitor_id: int | None = None) -> dict[str, Any]:
        """Return what happened after one time and not after another that changes the score of all hosts or a monitor.

        The samples `begin` and `end` are the last ones until these times; None if there is none.
        """
        with self._database.reading() as connection:
            check_scope(connection, Scope(monitor_id))
            happened = _events(connection, after, before, monitor_id)
            windows = changes.windows(connection, after, before, monitor_id)
            return {
                "after": after,
                "before": before,
                "begin": _sample(connection, after, monitor_id),
                "end": _sample(connection, before, monitor_id),
                "changes": summed_up(happened),
                "is_complete": len(happened) < MAX_EVENTS,
                "maintenance": [{**row, "begins": row["starts_at"] > after} for row in windows],
                "failed_pulls": changes.failed_pulls(connection, after, before, MAX_PULLS, monitor_id),
            }

    def around(self, at: datetime, monitor_id: int | None = None) -> dict[str, Any]:
        """Return the same between the two samples that a time lies between; until now after the last one."""
        scope = _scope(monitor_id)
        with self._database.reading() as connection:
            begin = score_samples.last_until(connection, scope, at - timedelta.resolution)
            end = score_samples.first_since(connection, scope, at)
        after = begin["at"] if begin else at - timedelta(seconds=SAMPLE_EVERY_S)
        return self.between(after, end["at"] if end else max(at, clock.now()), monitor_id)

    def drops(
        self, after: datetime, before: datetime, limit: int, monitor_id: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the largest drops of the score between two times, the newest first, with what happened meanwhile."""
        with self._database.reading() as connection:
            check_scope(connection, Scope(monitor_id))
            scope = _scope(monitor_id)
            newest = score_samples.fetch(connection, PageRequest(MAX_SAMPLES), scope, after=after, before=before).items
            return [_told(connection, drop, monitor_id) for drop in drops([*reversed(newest)], limit)]


def _told(connection: Connection, drop: Drop, monitor_id: int | None) -> dict[str, Any]:
    happened = _events(connection, drop.begin["at"], drop.end["at"], monitor_id)
    heaviest = sorted(summed_up(happened), key=lambda change: (not change["lowers"], -change["weight"]))
    return {
        "begin": drop.begin,
        "end": drop.end,
        "points": drop.points,
        "changes": heaviest[:SHOWN_OF_A_DROP],
        "more": max(0, len(heaviest) - SHOWN_OF_A_DROP),
    }


def _events(connection: Connection, after: datetime, before: datetime, monitor_id: int | None) -> Sequence[RowMapping]:
    return changes.events(connection, LOWERING | RAISING, after, before, MAX_EVENTS, monitor_id)


def _sample(connection: Connection, at: datetime, monitor_id: int | None) -> Any:
    return score_samples.last_until(connection, _scope(monitor_id), at)


def _scope(monitor_id: int | None) -> str:
    return score_samples.FLEET if monitor_id is None else score_samples.monitor_scope(monitor_id)
