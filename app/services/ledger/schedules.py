"""Manages schedules, and submits their tasks when they are due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, TaskType
from app.errors import Conflict, Invalid, InvalidParams, NameTaken, NotFound
from app.rules.cron import next_time, next_times
from app.rules.task_params.base import MonitorParams, TaskParams, params_class, schedulable_types
from app.rules.task_params.requested import check_names
from app.services.access.acting import acting_editor
from app.services.access.audit import record_creation, record_edit, record_removal
from app.services.ledger.idempotency import fingerprint_of_task
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.ledger.submit import check
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.ledger import schedules, task_fingerprints

log = structlog.get_logger()
SCHEDULED_TYPES = tuple(schedulable_types())
"""The task types that can be scheduled."""
FIRED_BATCH_SIZE = 100
TIMES = ("cron", "timezone", "enabled")
"""The fields that determine the next run."""


class ScheduleService:
    """Methods that name a schedule raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    def list(self, page: PageRequest) -> Page:
        """Return a page of schedules."""
        with self._database.reading() as connection:
            return schedules.fetch(connection, page)

    def get(self, schedule_id: int) -> RowMapping:
        """Return one schedule."""
        with self._database.reading() as connection:
            return _found(connection, schedule_id)

    def params_of(self, schedule_id: int) -> TaskParams:
        """Return the parameters of a schedule's task. Raises InvalidParams if they can no longer be read."""
        with self._database.reading() as connection:
            schedule = _found(connection, schedule_id)
        return params_class(TaskType(schedule["task_type"])).parse(schedule["params"])

    def occurrences(self, schedule_id: int, limit: int) -> Sequence[datetime]:
        """Return the next times of a schedule; none while it is disabled. Raises Invalid if its times are invalid."""
        schedule = self.get(schedule_id)
        return self.preview(schedule["cron"], schedule["timezone"], limit) if schedule["enabled"] else []

    def preview(self, cron: str, timezone: str, limit: int) -> Sequence[datetime]:
        """Return the next times that a schedule would have. Raises Invalid naming the wrong field."""
        return next_times(cron, timezone, clock.now(), limit)

    def create(self, fields: Mapping[str, Any]) -> RowMapping:
        """Add a schedule.

        Raises Invalid naming the wrong field, NotFound if its monitor or host does not exist, Conflict if the monitor
        is disabled or the name is taken.
        """
        now = clock.now()
        with self._database.transaction() as connection:
            _check(connection, fields)
            row = {**fields, "monitor_id": fields["params"].get("monitor_id"), "created_at": now}
            row["next_run_at"] = next_time(fields["cron"], fields["timezone"], now)
            schedule_id = schedules.add(connection, row)
            record_creation(connection, acting_editor(), AuditedType.SCHEDULE, schedule_id, fields)
            return _found(connection, schedule_id)

    def update(self, schedule_id: int, changes: Mapping[str, Any]) -> RowMapping:
        """Change a schedule; recompute its next run if its times change or it was paused. Raises as `create`.

        A schedule of a disabled monitor can be changed too, as long as its task stays the same.
        """
        with self._database.transaction() as connection:
            before = _found(connection, schedule_id)
            whole = {**before, **changes}
            _check(connection, whole, schedule_id, is_asked_anew=whole["params"] != before["params"])
            values = {**changes, "monitor_id": whole["params"].get("monitor_id"), "last_error": None}
            if any(whole[name] != before[name] for name in TIMES):
                values["next_run_at"] = next_time(whole["cron"], whole["timezone"], clock.now())
            schedules.change(connection, schedule_id, values)
            record_edit(connection, acting_editor(), AuditedType.SCHEDULE, schedule_id, before, changes)
            return _found(connection, schedule_id)

    def delete(self, schedule_id: int) -> None:
        """Delete a schedule; tasks that it submitted continue."""
        with self._database.transaction() as connection:
            gone = {name: _found(connection, schedule_id)[name] for name in ("name", "task_type")}
            schedules.remove(connection, schedule_id)
            record_removal(connection, acting_editor(), AuditedType.SCHEDULE, schedule_id, gone)

    def tick(self) -> None:
        """Submit the tasks that are due: each once, however late this runs and however many processes run it."""
        now = clock.now()
        with self._database.reading() as connection:
            due = schedules.due(connection, now, FIRED_BATCH_SIZE)
        for schedule in due:
            self._fire(schedule, now)

    def _fire(self, schedule: RowMapping, now: datetime) -> None:
        try:
            next_run_at = next_time(schedule["cron"], schedule["timezone"], now)
        except Invalid as error:
            # The current time zone database may no longer have this zone.
            self._disable(schedule, str(error))
            return
        task_id = None
        with self._database.transaction() as connection:
            if not schedules.move_on(connection, schedule["id"], schedule["next_run_at"], next_run_at, now):
                return
            try:
                task_id = self._record(connection, schedule)
                outcome = {"last_task_id": task_id, "last_error": None}
            except (NotFound, Conflict, InvalidParams) as error:
                outcome = {"last_error": str(error)}
            schedules.change(connection, schedule["id"], outcome)
        log.info("schedule.fired", schedule=schedule["name"], task_id=task_id, error=outcome["last_error"])
        if task_id is not None:
            self._outbox.publish({task_id: schedule["params"].get("monitor_id")})

    def _disable(self, schedule: RowMapping, error: str) -> None:
        with self._database.transaction() as connection:
            schedules.change(connection, schedule["id"], {"enabled": False, "last_error": error})
        log.error("schedule.disabled", schedule=schedule["name"], error=error)

    def _record(self, connection: Connection, schedule: RowMapping) -> str:
        """Record the task.

        Raises NotFound and Conflict when it could only fail or another task does the same, and InvalidParams.
        """
        params = params_class(TaskType(schedule["task_type"])).parse(schedule["params"])
        check(connection, params)
        fingerprint = fingerprint_of_task(params)
        task_fingerprints.lock_fingerprint(connection, fingerprint)
        unfinished = task_fingerprints.find_unfinished(connection, fingerprint)
        if unfinished is not None:
            raise Conflict(f"the task {unfinished} for the same work has not finished")
        task_id = new_task_id(params.type)
        monitor_id = params.monitor_id if isinstance(params, MonitorParams) else None
        self._outbox.record(connection, task_id, params, monitor_id=monitor_id, fingerprint=fingerprint)
        return task_id


def _check(
    connection: Connection, schedule: Mapping[Any, Any], schedule_id: int | None = None, is_asked_anew: bool = True
) -> None:
    """Reject an invalid schedule or, if its task is new or changed, one whose task could only fail."""
    kind, params = params_class(TaskType(schedule["task_type"])), schedule["params"]
    check_names(kind.type, params)
    if schedules.is_name_taken(connection, schedule["name"], schedule_id):
        raise NameTaken(f"there is already a schedule named {schedule['name']}")
    if is_asked_anew:
        check(connection, kind.parse(params))


def _found(connection: Connection, schedule_id: int) -> RowMapping:
    schedule = schedules.find(connection, schedule_id)
    if schedule is None:
        raise NotFound(f"there is no schedule {schedule_id}")
    return schedule
