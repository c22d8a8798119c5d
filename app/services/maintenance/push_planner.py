"""Decides what each monitor must be told of a maintenance window, and records the tasks that tell it."""

from collections.abc import Iterator, Mapping
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

LOOK_EVERY = timedelta(minutes=10)
"""How often hosts that joined or left a group, and new occurrences, are looked for."""
Recorded = dict[str, int | None]
"""The monitors of recorded tasks, by task id, to be published after the commit."""


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
    ) -> Recorded:
        """Record what the monitors of a window must be told now, and the tasks for what has changed.

        A window that no longer exists is taken back. With `is_strict`, it raises Invalid if a monitor cannot be told
        exactly what the window covers, and tells all of them again.
        """
        window = maintenance.lock(connection, window_id)
        is_pushed = window is not None and window["push_to_source"]
        targets = [*find_targets(connection, window)] if window is not None and is_pushed else []
        if window is not None and is_pushed and is_strict:
            refuse_untold(connection, window, targets)
        wanted = {each.monitor_id: each for each in targets}
        there = maintenance_pushes.lock_of_window(connection, window_id)
        recorded: Recorded = {}
        for monitor_id in sorted({*wanted, *there}):
            push, target = there.get(monitor_id), wanted.get(monitor_id)
            if target and target.error:
                if push:
                    maintenance_pushes.change(connection, push["id"], {"error": str(target.error)})
                continue
            told = _told(window, target, now) if window is not None and target else None
            if push or told:
                recorded |= self._want(connection, window_id, monitor_id, push, told, now, by, is_strict)
        if window is not None:
            maintenance.change(connection, window_id, {"push_due_at": _next_look(window, now) if is_pushed else None})
        return recorded

    def _want(
        self,
        connection: Connection,
        window_id: int,
        monitor_id: int,
        push: RowMapping | None,
        told: SourceMaintenance | None,
        now: datetime,
        by: Editor | None,
        is_repeated: bool,
    ) -> Recorded:
        wanted = told.dump() if told else None
        if push and push["wanted"] == wanted and not is_repeated:
            return {}
        # An unfinished task tells the newest version before it ends.
        task_id = None if push and _is_unfinished(connection, push["task_id"]) else new_task_id(PushMaintenance.type)
        values: dict[str, Any] = {"wanted": wanted, "changed_at": now} | ({"task_id": task_id} if task_id else {})
        if push:
            maintenance_pushes.change(connection, push["id"], {**values, "version": push["version"] + 1})
        else:
            about = {"window_id": window_id, "monitor_id": monitor_id, "mark": f"nagare #{window_id}-{token_hex(4)}"}
            fresh = {"version": 1, "done_version": 0, "external_ids": [], "attempts": 0, "task_id": task_id}
            maintenance_pushes.add(connection, {**about, **fresh, **values})
        if task_id is None:
            return {}
        params = PushMaintenance(monitor_id=monitor_id, window_id=window_id)
        requested_by = by.user_id if by and by.user_id else None
        self._outbox.record(connection, task_id, params, monitor_id=monitor_id, requested_by=requested_by)
        return {task_id: monitor_id}


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


def _next_look(window: Mapping[Any, Any], now: datetime) -> datetime | None:
    is_over = window["current_ends_at"] <= now and window["next_starts_at"] is None
    return None if is_over else now + LOOK_EVERY


def _is_unfinished(connection: Connection, task_id: str | None) -> bool:
    task = task_runs.find(connection, task_id) if task_id else None
    return task is not None and task["state"] not in TERMINAL_STATES
