"""Shows and cancels tasks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from app import clock
from app.enums import AuditAction, AuditedType, TaskState, TaskType
from app.errors import BrokerUnavailable, Conflict, NotFound
from app.metrics import TASKS
from app.queue.publisher import Publisher
from app.rules.attempt_numbers import numbered
from app.services.access.acting import acting_editor
from app.services.access.audit import record_action
from app.services.ledger.idempotency import earlier_answer, fingerprint_of
from app.services.ledger.requester import Requester
from app.services.ledger.task_events import TaskEvents
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.ledger import parent_tasks, task_attempts, task_runs, task_search
from app.store.operation import task_durations, throughput

log = structlog.get_logger()
CANCEL_BATCH_SIZE = 500


class TaskService:
    """Methods that name a task raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, publisher: Publisher, events: TaskEvents) -> None:
        self._database = database
        self._publisher = publisher
        self._events = events

    def get(self, task_id: str) -> dict[str, Any]:
        """Return one task with the history of its failed and interrupted attempts."""
        with self._database.reading() as connection:
            run = task_runs.find(connection, task_id)
            history = task_attempts.history(connection, task_id)
            children = parent_tasks.children(connection, task_id)
        if run is None:
            raise NotFound(f"there is no task {task_id}")
        shown = numbered(history, run["attempts"], run["state"], run["started_at"])
        return {**_shown(run), "history": shown, "children": [_shown_child(child) for child in children]}

    def list(self, page: PageRequest, q: str | None = None, **filters: Any) -> Page:
        """Return a page of tasks, newest first, without their attempts; the filters are those of `matching`.

        `q` searches ids and arguments: then a page may be short, with a cursor to continue.
        """
        with self._database.reading() as connection:
            if q:
                found = task_search.search(connection, page, q, **filters)
            else:
                found = task_runs.fetch(connection, page, **filters)
        return Page([_shown(run) for run in found.items], found.next_cursor)

    def throughput(self, minutes: int) -> Sequence[Mapping[str, int]]:
        """Return the tasks that succeeded and died in each of the last minutes, oldest first; `at` in Unix seconds."""
        this_minute = int(clock.now().timestamp()) // 60
        first = this_minute - minutes + 1
        with self._database.reading() as connection:
            rows = throughput.ended_by_minute(connection, datetime.fromtimestamp(first * 60, UTC))
        ended = {row["minute"]: row for row in rows}
        nothing = {"succeeded": 0, "dead": 0}
        counts = [(minute, ended.get(minute, nothing)) for minute in range(first, this_minute + 1)]
        return [{"at": minute * 60, "succeeded": row["succeeded"], "dead": row["dead"]} for minute, row in counts]

    def durations(
        self, hours: int, *, type: str | None = None, monitor_id: int | None = None, span_s: int | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return how long the tasks that ended in the last hours ran and waited, as percentiles of each type.

        With `span_s` there is a row for each span of that length in which tasks ended.
        """
        since = clock.now() - timedelta(hours=hours)
        with self._database.reading() as connection:
            rows = task_durations.percentiles(connection, since, type=type, monitor_id=monitor_id, span_s=span_s)
        return [
            {name: max(0.0, round(value, 3)) if name.endswith("_s") else value for name, value in row.items()}
            for row in rows
        ]

    def cancel(self, task_id: str, by: Requester | None = None) -> dict[str, Any]:
        """Cancel a task and its children: a waiting one never starts, a running one stops at its next step.

        Raises Conflict if it has ended, and Invalid if the idempotency key was used for another request.
        """
        now = clock.now()
        with self._database.transaction() as connection:
            request = fingerprint_of(["cancel", task_id])
            is_repeat = by is not None and earlier_answer(connection, by, request, task_id, now) is not None
            is_cancelled = is_repeat or task_runs.cancel(connection, task_id, now)
            withdrawn = parent_tasks.cancel_children(connection, task_id, now) if is_cancelled else []
            run = task_runs.find(connection, task_id)
            if run is None:
                raise NotFound(f"there is no task {task_id}")
            if not is_cancelled:
                raise Conflict(f"the task has already finished: it is {run['state']}")
            children = task_runs.find_many(connection, [child_id for _, child_id in withdrawn])
            if not is_repeat:
                record_action(connection, acting_editor(), AuditedType.TASK, 0, AuditAction.CANCELLED, task_id=task_id)
        if not is_repeat:
            self._events.changed([run, *children])
        task = _shown(run)
        if not is_repeat:
            for type_, _ in ((task["type"], task_id), *withdrawn):
                TASKS.add(type_, TaskState.CANCELLED)
        self._withdraw([(task["type"], task_id), *withdrawn])
        return task

    def cancel_waiting(self, type: TaskType) -> int:
        """Cancel a type's tasks that are queued or wait for a retry; return their number. Running ones continue."""
        begun_at, count = clock.now(), 0
        while True:
            with self._database.transaction() as connection:
                task_ids = task_runs.cancel_waiting(connection, type, begun_at, clock.now(), CANCEL_BATCH_SIZE)
                cancelled = task_runs.find_many(connection, task_ids)
                if task_ids:
                    cleared = {"queue": type, "count": len(task_ids)}
                    record_action(connection, acting_editor(), AuditedType.QUEUE, 0, AuditAction.CANCELLED, **cleared)
            if not task_ids:
                return count
            self._events.changed(cancelled)
            count += len(task_ids)
            TASKS.add(type, TaskState.CANCELLED, amount=len(task_ids))
            self._withdraw([(type, task_id) for task_id in task_ids])

    def _withdraw(self, tasks: Sequence[tuple[str, str]]) -> None:
        try:
            self._publisher.withdraw(tasks)
        except BrokerUnavailable as error:
            # The messages stay in the list until a worker takes them and finds nothing to do.
            log.info("withdraw.failed", count=len(tasks), error=str(error))


def _shown_child(child: Mapping[Any, Any]) -> dict[str, Any]:
    return {"task_id": child["id"], "type": child["type"], "state": child["state"]}


def _shown(run: Mapping[Any, Any]) -> dict[str, Any]:
    shown = {**run, "wait_s": _seconds(run["published_at"], run["started_at"]), "duration_s": _duration_s(run)}
    progress = {name: shown.pop(f"progress_{name}") for name in ("done", "total", "message")}
    return {**shown, "progress": progress}


def _duration_s(run: Mapping[Any, Any]) -> float | None:
    """Return how long the last attempt ran, or has been running; None if it did not run or its end is not known."""
    is_running = run["state"] == TaskState.RUNNING
    return _seconds(run["started_at"], clock.now() if is_running else run["finished_at"])


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None:
        return None
    return max(0.0, round((until - since).total_seconds(), 3))
