"""The ledger: every task that was ever accepted, and each of its attempts that did not end well."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Moment, listing_index

UNFINISHED = "state IN ('queued', 'running', 'retrying')"
CHILD = "parent_id IS NOT NULL"
HELD = "state = 'queued' AND held_at IS NOT NULL"
LISTED = "id <> ''"
"""Always true; what does not say so uses no index that is there for lists."""


class TaskRun(Base):
    """One accepted task: its parameters, where it stands and how it ended. Redis only carries its id."""

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
        # The recovery looks for these each second: partial indexes keep that cheap however long the history is.
        Index(
            "ix_task_runs_queued",
            "published_at",
            "type",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        # Looked at each time that a task of the monitor ends.
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
    """A hash of type and parameters, by which a request for the same work is known."""
    monitor_id: Mapped[int | None]
    parent_id: Mapped[str | None] = mapped_column(String(80))
    """The task that this one is a part of. A parent is running, without a worker, until its children have ended."""
    requested_by: Mapped[int | None]
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Counted when a run starts, so that a task that kills its worker each time is buried, not looped."""
    first_attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    """The value of `attempt` when the present count began: a retried dead letter gets a fresh count."""
    max_retries: Mapped[int] = mapped_column(SmallInteger)
    beat: Mapped[int] = mapped_column(default=0)
    """Raised by the running worker; a beat that stands still for the length of a lease means that it is gone."""
    worker: Mapped[str | None] = mapped_column(String(200))
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """The span that asked for it, in W3C's words, so that every attempt is in one trace; None when none was traced."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its message was last handed to Redis; None when it is known not to have been."""
    held_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when it waits, without a message, for its monitor to run fewer tasks; None when it does not."""
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    next_run_at: Mapped[datetime | None] = mapped_column(Moment)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int | None]
    progress_message: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    discarded_at: Mapped[datetime | None] = mapped_column(Moment)


class TaskAttempt(Base):
    """An attempt that failed, was lost or was interrupted; a success is told by the task's own row."""

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
    """What a client's `Idempotency-Key` was answered with, kept for 24 hours."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """A hash of the task's type and parameters: the same key with another request is a mistake."""
    task_id: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


class QueuePause(Base):
    """A queue whose tasks are accepted but not run until it is resumed.

    Kept in SQL, so that a flushed Redis resumes nothing.
    """

    __tablename__ = "queue_pauses"

    type: Mapped[str] = mapped_column(String(32), primary_key=True)
    paused_at: Mapped[datetime] = mapped_column(Moment)
