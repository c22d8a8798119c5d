"""The ledger: every accepted task, and each attempt that failed or was interrupted."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Moment, listing_index

UNFINISHED = "state IN ('queued', 'running', 'retrying')"
CHILD = "parent_id IS NOT NULL"
HELD = "state = 'queued' AND held_at IS NOT NULL"
SCHEDULED = "state = 'queued' AND next_run_at IS NOT NULL"
LISTED = "id <> ''"
"""Always true; only statements that contain it use the indexes for lists."""


class TaskRun(Base):
    """One accepted task: its parameters, state and outcome. Redis only carries its id."""

    __tablename__ = "task_runs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'retrying', 'succeeded', 'dead', 'cancelled')",
            name="state",
        ),
        Index("ix_task_runs_created_at_id", "created_at", "id"),
        listing_index("ix_task_runs_type_created_at_id", LISTED, "type", "created_at", "id"),
        listing_index("ix_task_runs_state_created_at_id", LISTED, "state", "created_at", "id"),
        Index("ix_task_runs_monitor_id_created_at", "monitor_id", "created_at"),
        # Recovery looks for these each second: partial indexes keep that cheap however long the history is.
        Index(
            "ix_task_runs_queued",
            "published_at",
            "type",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        # Read each time a task of the monitor ends.
        Index(
            "ix_task_runs_held",
            "monitor_id",
            "held_at",
            sqlite_where=text(HELD),
            postgresql_where=text(HELD),
        ),
        Index(
            "ix_task_runs_retrying",
            "next_run_at",
            sqlite_where=text("state = 'retrying'"),
            postgresql_where=text("state = 'retrying'"),
        ),
        Index(
            "ix_task_runs_scheduled",
            "next_run_at",
            sqlite_where=text(SCHEDULED),
            postgresql_where=text(SCHEDULED),
        ),
        Index(
            "ix_task_runs_running",
            "monitor_id",
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_task_runs_dead",
            "finished_at",
            "id",
            sqlite_where=text("state = 'dead' AND discarded_at IS NULL"),
            postgresql_where=text("state = 'dead' AND discarded_at IS NULL"),
        ),
        Index(
            "ix_task_runs_unfinished",
            "fingerprint",
            sqlite_where=text(UNFINISHED),
            postgresql_where=text(UNFINISHED),
        ),
        Index("ix_task_runs_finished_at", "finished_at"),
        Index("ix_task_runs_parent_id", "parent_id", sqlite_where=text(CHILD), postgresql_where=text(CHILD)),
    )

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """A hash of type and parameters, which identifies requests for the same work."""
    monitor_id: Mapped[int | None]
    parent_id: Mapped[str | None] = mapped_column(String(80))
    """The parent task, if any. A parent is running, without a worker, until its children have ended."""
    requested_by: Mapped[int | None]
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Counted when a run starts, so that a task that kills its worker each time dies instead of looping."""
    first_attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    """The value of `attempt` when the current count began: a retried dead letter gets a fresh count."""
    max_retries: Mapped[int] = mapped_column(SmallInteger)
    beat: Mapped[int] = mapped_column(default=0)
    """Increased by the running worker; if it does not change for the length of a lease, the worker is gone."""
    worker: Mapped[str | None] = mapped_column(String(200))
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """The requesting span as W3C `traceparent`, so that all attempts are in one trace; None without tracing."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its message was last pushed to Redis; None if it is known not to have been.

    The same as `next_run_at` while it is scheduled: so the index of what waits does not lead to what is not due, and a
    release that knows no scheduled tasks does not take it for lost.
    """
    held_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when the task is held, without a message, until its monitor runs fewer tasks; None if not held."""
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    next_run_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it is published: a retry, or a queued task that is scheduled; None for any other."""
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int | None]
    progress_message: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    discarded_at: Mapped[datetime | None] = mapped_column(Moment)


class TaskAttempt(Base):
    """An attempt that failed, was lost or was interrupted; a success is recorded in the task's own row."""

    __tablename__ = "task_attempts"

    task_id: Mapped[str] = mapped_column(ForeignKey("task_runs.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    worker: Mapped[str | None] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(64))
    error: Mapped[str] = mapped_column(Text)
    traceback: Mapped[str | None] = mapped_column(Text)


class IdempotencyKey(Base):
    """The task that was returned for a client's `Idempotency-Key`, kept for 24 hours."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """A hash of the task's type and parameters: the same key with another request is an error."""
    task_id: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


class QueuePause(Base):
    """A queue that accepts tasks but does not run them until it is resumed.

    Stored in SQL, so that a flushed Redis resumes nothing.
    """

    __tablename__ = "queue_pauses"

    type: Mapped[str] = mapped_column(String(32), primary_key=True)
    paused_at: Mapped[datetime] = mapped_column(Moment)
