"""Keeps up to date what is expected of monitors and when nagare could hear it, and lets checks act on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from app import clock
from app.enums import TaskType
from app.models.watches import WATCHDOG
from app.rules.liveness.confirmations import Hearing
from app.rules.liveness.watched_time import WatchedTime, rhythm_of
from app.services.ledger.syncs import STAGES
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.ledger import queue_pauses
from app.store.liveness import watches
from app.store.liveness.watches import Key

LOOK_EVERY_S = 15.0
PAUSE_S = 60.0
"""A longer time without a look means that nagare did not run; a shorter one can be a change of the leader."""
LATE_COMMIT = timedelta(seconds=60)
PULLS = tuple(stage.type for stage in STAGES)
POSTS = TaskType.RECEIVE_ALERTS

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is expected of the monitors at one moment, and since when."""

    time: WatchedTime
    monitors: Sequence[Row]
    """All monitors; of those that are not enabled nothing is expected."""
    rhythms: Mapping[Key, str]
    """When pulls are due, by monitor and type, also while their queue is paused."""
    watches: Mapping[Key, Row]
    ended: frozenset[Key]
    """Watches with an alert that are no longer expected: the check that raised the alert ends both."""

    def hearing(self, monitor: Row) -> Hearing:
        """Return how a monitor's alerts are heard."""
        pulls, posts = ((monitor["id"], type_) for type_ in (TaskType.PULL_ALERTS, POSTS))
        return Hearing(
            stale_after_s=monitor["stale_after_s"],
            resolve_stale_after_s=monitor["resolve_stale_after_s"],
            rhythm=self.rhythms.get(pulls),
            pulled_since=self._since(pulls),
            posted_since=self._since(posts),
        )

    def homes(self) -> dict[int, list[Row]]:
        """Return the enabled monitors by the monitor that keeps their alerts: the first one of their HA group."""
        first: dict[str, int] = {}
        found: dict[int, list[Row]] = {}
        for monitor in self.monitors:
            group = monitor["ha_group"]
            home_id = monitor["id"] if group is None else first.setdefault(group, monitor["id"])
            if monitor["enabled"]:
                found.setdefault(home_id, []).append(monitor)
        return found

    def _since(self, key: Key) -> Any:
        return self.watches[key]["since"] if key in self.watches and key not in self.ended else None


class Watching:
    """Two leaders that look at once do the same, which does no harm. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, checks: Sequence[Callable[[Seen], None]]) -> None:
        self._database = database
        self._checks = checks
        self._looking = Interval(LOOK_EVERY_S)

    def tick(self) -> None:
        """Look, at intervals, and let each check act on what is seen."""
        if not self._looking.is_over():
            return
        seen = self.look()
        for check in self._checks:
            check(seen)

    def look(self) -> Seen:
        """Record what is expected now, which pulls succeeded, and that nagare runs; return all of it."""
        now = clock.now()
        with self._database.reading() as connection:
            monitors = watches.every_monitor(connection)
            schedules = watches.enabled_schedules(connection, (*PULLS, TaskType.SYNC))
            paused = queue_pauses.paused_types(connection)
            known = watches.every(connection)
            last_ran_at = watches.last_ran_at(connection) or now
            heard = watches.successes(connection, PULLS, last_ran_at - LATE_COMMIT)
        expected = _expected(monitors, schedules, paused)
        ended = known.keys() - expected.keys()
        begun = {key: rhythm for key, rhythm in expected.items() if _is_new(known.get(key), rhythm)}
        news = {key: at for key, at in heard.items() if _is_news(known.get(key), at)}
        with self._database.transaction() as connection:
            watches.record_running(connection, now, PAUSE_S)
            watches.end(connection, sorted(key for key in ended if known[key]["alarmed_at"] is None))
            watches.begin(connection, begun, now)
            watches.record_heard(connection, news)
        with self._database.reading() as connection:
            time = WatchedTime(now, watches.periods(connection))
            current: dict[Key, Row] = {**(watches.every(connection) if begun or ended else known)}
        current |= {key: {**current[key], "heard_at": at} for key, at in news.items() if key in current}
        return Seen(time, monitors, _rhythms(schedules, ()), current, frozenset(ended))


def _expected(monitors: Sequence[Row], schedules: Sequence[Row], paused: set[str]) -> dict[Key, str]:
    """Return what is expected, and the rhythm of each; what a person paused is not."""
    expected: dict[Key, str] = {}
    are_all_deaf = {POSTS, TaskType.PULL_ALERTS} <= paused
    rhythms = _rhythms(schedules, paused)
    for monitor in monitors:
        if not monitor["enabled"]:
            continue
        expected |= {key: rhythm for type_ in PULLS if (rhythm := rhythms.get(key := (monitor["id"], type_)))}
        if POSTS not in paused:
            expected[monitor["id"], POSTS] = ""
        if not are_all_deaf:
            expected |= {(monitor["id"], f"{WATCHDOG}{name}"): "" for name in monitor["watchdogs"]}
    return expected


def _rhythms(schedules: Sequence[Row], paused: set[str] | tuple[()]) -> dict[Key, str]:
    """Return when pulls of each type are due at each monitor; a sync runs one of each."""
    due: dict[Key, list[tuple[str, str]]] = {}
    for schedule in schedules:
        if schedule["task_type"] in paused:
            continue
        types = PULLS if schedule["task_type"] == TaskType.SYNC else (schedule["task_type"],)
        for type_ in types:
            if type_ not in paused:
                due.setdefault((schedule["monitor_id"], type_), []).append((schedule["timezone"], schedule["cron"]))
    return {key: rhythm_of(times) for key, times in due.items()}


def _is_new(watch: RowMapping | None, rhythm: str) -> bool:
    return watch is None or watch["rhythm"] != rhythm


def _is_news(watch: RowMapping | None, heard_at: datetime) -> bool:
    return watch is not None and (watch["heard_at"] is None or watch["heard_at"] < heard_at)
