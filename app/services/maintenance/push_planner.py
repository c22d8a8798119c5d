"""Decides what each monitor must be told of a maintenance window, and records the tasks that tell it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, RowMapping

from app.enums import TERMINAL_STATES
from app.rules.maintenance.occurrences import Occurrence, Series
from app.rules.maintenance.source_maintenance import SourceMaintenance
from app.rules.task_params.push import PushMaintenance
from app.services.access.audit import Editor
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.maintenance.push_targets import Target, find_targets, refuse_untold
from app.store.alerts import maintenance, maintenance_pushes
from app.store.ledger import task_runs

LOOK_EVERY = timedelta(minutes=5)
"""How often hosts that joined or left a group, and new occurrences, are looked for."""
NEAR = timedelta(hours=1)
"""How long before it begins an occurrence is compared with the source at every look."""
COMPARED_EVERY = timedelta(hours=1)
"""How often occurrences that are further away are compared."""
Recorded = dict[str, int | None]
"""The monitors of recorded tasks, by task id, to be published after the commit."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a window."""

    connection: Connection
    window_id: int
    window: RowMapping | None
    now: datetime
    by: Editor | None
    is_strict: bool
    is_periodic: bool

    @property
    def pushed(self) -> RowMapping | None:
        """The window if its monitors are to be told."""
        return self.window if self.window is not None and self.window["push_to_source"] else None


class PushPlanner:
    """Works within the caller's transaction. Raises DatabaseUnavailable."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def plan(
        self,
        connection: Connection,
        window_id: int,
        now: datetime,
        by: Editor | None = None,
        *,
        is_strict: bool = False,
        is_periodic: bool = False,
    ) -> Recorded:
        """Record what the monitors of a window must be told now, and the tasks for what has changed.

        A window that no longer exists is taken back. With `is_strict`, it raises Invalid if a monitor cannot be told
        exactly what the window covers, and tells all of them again. With `is_periodic`, it also tells those again that
        were not told of late: somebody may have changed or removed there what nagare created.
        """
        window = maintenance.lock(connection, window_id)
        look = _Look(connection, window_id, window, now, by, is_strict, is_periodic)
        targets = _targets(look)
        there = maintenance_pushes.lock_of_window(connection, window_id)
        recorded: Recorded = {}
        for monitor_id in sorted({*targets, *there}):
            recorded |= self._plan_one(look, monitor_id, targets.get(monitor_id), there.get(monitor_id))
        if look.window is not None:
            due_at = _next_look(look.pushed, now) if look.pushed is not None else None
            maintenance.change(connection, window_id, {"push_due_at": due_at})
        return recorded

    def _plan_one(self, look: _Look, monitor_id: int, target: Target | None, push: RowMapping | None) -> Recorded:
        """Record what one monitor must be told; one that cannot be told exactly keeps what it has, with the reason."""
        if target and target.error:
            if push:
                maintenance_pushes.change(look.connection, push["id"], {"error": str(target.error)})
            return {}
        told = _told(look.pushed, target, look.now) if look.pushed is not None and target else None
        wanted = told.dump() if told else None
        if push is None:
            return {} if wanted is None else self._want(look, monitor_id, push, wanted)
        if wanted != push["wanted"] or look.is_strict:
            return self._want(look, monitor_id, push, wanted)
        is_to_compare = look.is_periodic and told is not None and _is_to_compare(told, push, look.now)
        return self._compare(look, monitor_id, push) if is_to_compare else {}

    def _compare(self, look: _Look, monitor_id: int, push: RowMapping) -> Recorded:
        """Let the source be told again what it should have, unless there is a task that has not done so yet."""
        if push["task_id"] and task_runs.find(look.connection, push["task_id"]):
            return {}
        task_id = self._record(look, monitor_id)
        asked = {"version": push["version"] + 1, "task_id": task_id, "attempts": 0}
        maintenance_pushes.change(look.connection, push["id"], asked)
        return {task_id: monitor_id}

    def _want(self, look: _Look, monitor_id: int, push: RowMapping | None, wanted: dict[str, Any] | None) -> Recorded:
        # An unfinished task tells the newest version before it ends.
        is_asked = push is not None and _is_unfinished(look.connection, push["task_id"])
        task_id = None if is_asked else self._record(look, monitor_id)
        values: dict[str, Any] = {"wanted": wanted, "changed_at": look.now} | ({"task_id": task_id} if task_id else {})
        if push:
            maintenance_pushes.change(look.connection, push["id"], {**values, "version": push["version"] + 1})
        else:
            mark = f"nagare #{look.window_id}-{token_hex(4)}"
            about = {"window_id": look.window_id, "monitor_id": monitor_id, "mark": mark}
            fresh = {"version": 1, "done_version": 0, "external_ids": [], "attempts": 0}
            maintenance_pushes.add(look.connection, {**about, **fresh, **values})
        return {} if task_id is None else {task_id: monitor_id}

    def _record(self, look: _Look, monitor_id: int) -> str:
        task_id = new_task_id(PushMaintenance.type)
        params = PushMaintenance(monitor_id=monitor_id, window_id=look.window_id)
        requested_by = look.by.user_id if look.by and look.by.user_id else None
        self._outbox.record(look.connection, task_id, params, monitor_id=monitor_id, requested_by=requested_by)
        return task_id


def _targets(look: _Look) -> dict[int, Target]:
    if look.pushed is None:
        return {}
    targets = [*find_targets(look.connection, look.pushed)]
    if look.is_strict:
        refuse_untold(look.connection, look.pushed, targets)
    return {each.monitor_id: each for each in targets}


def remaining(window: Mapping[Any, Any], now: datetime) -> Iterator[Occurrence]:
    """Yield the occurrences of a window that have not ended, without one that was ended before its time."""
    current = Occurrence(window["current_starts_at"], window["current_ends_at"])
    if current.ends_at > now:
        yield current
    if window["next_starts_at"] is not None:
        yield from (one for one in Series.of(window).remaining(now) if one.starts_at > current.starts_at)


def _told(window: Mapping[Any, Any], target: Target, now: datetime) -> SourceMaintenance | None:
    """Return what a monitor must be told now; None if nothing begins soon."""
    until = now + target.ability.ahead
    periods = tuple(takewhile(lambda one: one.starts_at <= until, remaining(window, now)))
    if not periods:
        return None
    return SourceMaintenance(window["name"], window["comment"], periods, target.host_external_ids, target.matcher_sets)


def _is_to_compare(told: SourceMaintenance, push: RowMapping, now: datetime) -> bool:
    """Return whether what a source was told begins soon, or was last compared long ago."""
    is_near = told.periods[0].starts_at <= now + NEAR
    return is_near or push["done_at"] is None or push["done_at"] <= now - COMPARED_EVERY


def _next_look(window: Mapping[Any, Any], now: datetime) -> datetime | None:
    is_over = window["current_ends_at"] <= now and window["next_starts_at"] is None
    return None if is_over else now + LOOK_EVERY


def _is_unfinished(connection: Connection, task_id: str | None) -> bool:
    task = task_runs.find(connection, task_id) if task_id else None
    return task is not None and task["state"] not in TERMINAL_STATES
