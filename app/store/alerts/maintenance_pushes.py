"""Statements on what monitors are told of maintenance windows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.enums import TaskState
from app.models import MaintenancePush, MaintenanceWindow, Monitor, TaskRun
from app.store.database.dialects import table_of

PUSHES = MaintenancePush.__table__.c
WINDOWS = MaintenanceWindow.__table__.c
MONITORS = Monitor.__table__.c
RUNS = TaskRun.__table__.c
SHOWN = (
    *(PUSHES.window_id, PUSHES.monitor_id, PUSHES.wanted, PUSHES.version, PUSHES.done_version, PUSHES.external_ids),
    *(PUSHES.task_id, PUSHES.attempts, PUSHES.error, PUSHES.changed_at, PUSHES.done_at, RUNS.state.label("task_state")),
)


def shown(connection: Connection, window_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return what the monitors of these windows are told, with the states of their tasks."""
    statement = (
        select(*SHOWN)
        .join_from(table_of(MaintenancePush), table_of(TaskRun), RUNS.id == PUSHES.task_id, isouter=True)
        .where(PUSHES.window_id.in_(window_ids))
        .order_by(PUSHES.window_id, PUSHES.monitor_id)
    )
    return connection.execute(statement).mappings().all()


def undone(connection: Connection) -> Sequence[RowMapping]:
    """Return what monitors must still be told, with the names of both and the states of the tasks."""
    columns = (*SHOWN, WINDOWS.name.label("window"), MONITORS.name.label("monitor"))
    statement = (
        select(*columns)
        .join_from(table_of(MaintenancePush), table_of(Monitor), MONITORS.id == PUSHES.monitor_id)
        .join(table_of(MaintenanceWindow), WINDOWS.id == PUSHES.window_id, isouter=True)
        .join(table_of(TaskRun), RUNS.id == PUSHES.task_id, isouter=True)
        .where(PUSHES.done_version != PUSHES.version)
        .order_by(PUSHES.id)
    )
    return connection.execute(statement).mappings().all()


def failed_tasks(connection: Connection, window_id: int) -> Sequence[str]:
    """Return the dead letters of the tasks that would have told monitors of a window."""
    is_dead = (RUNS.state == TaskState.DEAD, RUNS.discarded_at.is_(None))
    statement = select(RUNS.id).join_from(table_of(MaintenancePush), table_of(TaskRun), RUNS.id == PUSHES.task_id)
    wanted = statement.where(PUSHES.window_id == window_id, PUSHES.wanted.is_not(None), *is_dead)
    return connection.execute(wanted.order_by(PUSHES.id)).scalars().all()


def lock_of_window(connection: Connection, window_id: int) -> dict[int, RowMapping]:
    """Return by monitor what it is told of a window, and lock it until the transaction ends."""
    statement = select(*PUSHES).where(PUSHES.window_id == window_id).order_by(PUSHES.id).with_for_update()
    return {row["monitor_id"]: row for row in connection.execute(statement).mappings()}


def find(connection: Connection, window_id: int, monitor_id: int) -> RowMapping | None:
    """Return what a monitor is told of a window."""
    wanted = (PUSHES.window_id == window_id, PUSHES.monitor_id == monitor_id)
    return connection.execute(select(*PUSHES).where(*wanted)).mappings().one_or_none()


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add what a monitor must be told."""
    connection.execute(insert(MaintenancePush), row)


def change(connection: Connection, push_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns."""
    connection.execute(update(MaintenancePush).where(PUSHES.id == push_id).values(values))


def begin(connection: Connection, push_id: int) -> None:
    """Count an attempt."""
    change(connection, push_id, {"attempts": PUSHES.attempts + 1})


def settle(connection: Connection, push_id: int, version: int, external_ids: Sequence[str], now: datetime) -> bool:
    """Record that the monitor has this version; return false if there is a newer one by now.

    Nothing is kept of what was taken back.
    """
    is_current = (PUSHES.id == push_id, PUSHES.version == version)
    taken_back = delete(MaintenancePush).where(*is_current, PUSHES.wanted.is_(None))
    if connection.execute(taken_back).rowcount:
        return True
    done = {"done_version": version, "external_ids": external_ids, "task_id": None, "error": None, "done_at": now}
    return connection.execute(update(MaintenancePush).where(*is_current).values(done)).rowcount > 0
