"""Makes every state change of a task while it runs."""

import random
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, RowMapping

from app import clock
from app.enums import TaskState
from app.errors import BrokerUnavailable, DatabaseUnavailable, NagareError, TaskInterrupted
from app.metrics import TASK_RETRIES, TASK_WAIT, TASKS
from app.queue.dead_letters import DeadLetterList
from app.rules.retry import Bury, Retry, RetryPolicy, decide
from app.services.ledger.message_relay import MessageRelay
from app.services.ledger.task_claim import Claim
from app.services.ledger.task_events import TaskEvents
from app.store.database.engine import Database
from app.store.ledger import dead_letters, task_attempts, task_claims, task_messages, task_runs
from app.store.ledger.task_steps import TaskStep

log = structlog.get_logger()
TRACEBACK_LENGTH = 20_000
ERROR_LENGTH = 10_000
CLAIMED = ("type", "params", "attempt", "monitor_id", "first_attempt", "traceparent", "published_at")
PROGRESS_EVERY_S = 0.5


class TaskLifecycle:
    """Starts, renews and ends attempts. Every method raises DatabaseUnavailable, and then changes nothing."""

    def __init__(
        self,
        database: Database,
        relay: MessageRelay,
        dead_letter_list: DeadLetterList,
        policy: RetryPolicy,
        events: TaskEvents,
    ) -> None:
        self._database = database
        self._relay = relay
        self._dead_letter_list = dead_letter_list
        self._policy = policy
        self._events = events

    def begin(self, task_id: str, worker: str, type: str | None = None) -> Claim | None:
        """Claim a task for a worker that is about to run the body of `type`; by default the type in the id.

        Return None if it does not wait (delivered twice, cancelled, unknown, another type), or is held because its
        monitor already runs as many tasks as it may: recovery publishes it again when there is room.
        """
        now, type = clock.now(), type or task_id.partition(":")[0]
        with self._database.single_statement() as statement:
            run = task_claims.claim(statement, task_id, type, worker, now)
        if run is None:
            with self._database.transaction() as connection:
                is_held = task_claims.hold(connection, task_id, type, now)
            log.info("task.held" if is_held else "task.not_waiting", task_id=task_id)
            return None
        if run["published_at"] is not None:
            TASK_WAIT.observe(max(0.0, (now - run["published_at"]).total_seconds()), run["type"])
        claim = Claim(task_id=task_id, **{name: run[name] for name in CLAIMED})
        self._events.began(claim, worker)
        return claim

    def renew(self, claim: Claim) -> bool:
        """Renew the lease; return false if the worker has lost the claim."""
        with self._database.single_statement() as statement:
            return task_runs.renew(statement, claim.task_id, claim.attempt)

    def progress(self, claim: Claim) -> "Progress":
        """Return the reporter of an attempt's progress."""
        return Progress(self._database, claim, self._events)

    def publish_progress(self, claim: Claim, step: TaskStep) -> None:
        """Publish the progress of a task whose progress something else recorded."""
        self._events.moved(claim, step)

    def succeed(self, claim: Claim, result: Mapping[str, Any], last_step: TaskStep | None = None) -> bool:
        """Record that the attempt succeeded; return false if the worker has lost the claim."""
        now = clock.now()
        with self._database.single_statement() as statement:
            is_any_held = task_runs.succeed(statement, claim.task_id, claim.attempt, result, now, last_step)
        if is_any_held is None:
            return False
        TASKS.add(claim.type, TaskState.SUCCEEDED)
        if is_any_held:
            self._release_next(claim)
        self._events.succeeded(claim, result, last_step)
        return True

    def fail(self, claim: Claim, error: BaseException) -> bool:
        """Record that the attempt failed: a retry or a dead letter; return false if the worker has lost the claim."""
        return self._settle(claim.task_id, error, lambda run: run.attempt == claim.attempt)

    def hand_back(self, claim: Claim) -> bool:
        """Queue an interrupted task again; the attempt does not count. Return false if the claim is lost."""
        with self._database.transaction() as connection:
            is_mine = task_runs.hand_back(connection, claim.task_id, claim.attempt, clock.now())
        if is_mine:
            self._events.handed_back(claim)
            self._relay.publish([(claim.type, claim.task_id)])
        return is_mine

    def take_back(self, task_id: str, attempt: int, beat: int, error: NagareError) -> bool:
        """End an attempt whose lease expired; return false if it was renewed in the meantime."""
        return self._settle(task_id, error, lambda run: (run.attempt, run.beat) == (attempt, beat))

    def lose(self, task_id: str, worker: str, error: NagareError) -> None:
        """End the attempt of a worker process that is gone, or publish its task again if it had not started."""
        if self._settle(task_id, error, lambda run: run.worker == worker):
            return
        with self._database.transaction() as connection:
            tasks = task_messages.claim_publishing(connection, [task_id], clock.now())
        self._relay.publish(tasks)

    def _release_next(self, claim: Claim) -> None:
        """Release the next task that is held for the monitor of a task that has ended."""
        # The outcome is recorded; an error here would record it again. Recovery releases held tasks anyway.
        with suppress(DatabaseUnavailable):
            with self._database.transaction() as connection:
                released = _release(connection, claim.monitor_id, clock.now())
            self._relay.publish(released)

    def _settle(self, task_id: str, error: BaseException, is_mine: Callable[[Row[*tuple[Any, ...]]], bool]) -> bool:
        with self._database.transaction() as connection:
            run = task_runs.lock_running(connection, task_id)
            if run is None or not is_mine(run):
                return False
            letter = self._record(connection, run, error)
            folded = [] if letter is None else dead_letters.fold(connection, task_id, clock.now())
            released = _release(connection, run.monitor_id, clock.now())
            changed = task_runs.find_many(connection, [task_id])
        self._events.changed(changed)
        if letter is None:
            TASK_RETRIES.add(run.type)
        else:
            TASKS.add(run.type, TaskState.DEAD)
            log.warning("task.dead", task_id=task_id, reason=letter["reason"], error=letter["error"])
            try:
                self._dead_letter_list.remove(folded)
                self._dead_letter_list.push([letter])
            except BrokerUnavailable:
                log.info("dead_letter.later", task_id=task_id)  # recovery rebuilds the list from the ledger
        self._relay.publish(released)
        return True

    def _record(self, connection: Connection, run: Row[*tuple[Any, ...]], error: BaseException) -> RowMapping | None:
        """Write the failed attempt and its consequence; return the dead letter if there is one."""
        now = clock.now()
        decision = decide(
            error,
            attempts=run.attempt - run.first_attempt,
            max_retries=run.max_retries,
            policy=self._policy,
            draw=random.random,
        )
        text = _storable(str(error) if isinstance(error, NagareError) else f"{type(error).__name__}: {error}")
        text = text if len(text) <= ERROR_LENGTH else f"{text[:ERROR_LENGTH]}…"
        reason = error.code if isinstance(error, NagareError) else "internal_error"
        task_attempts.add(
            connection,
            {
                "task_id": run.id,
                "attempt": run.attempt,
                "worker": run.worker,
                "started_at": run.started_at,
                "finished_at": now,
                "reason": reason,
                "error": text,
                "traceback": _storable("".join(traceback.format_exception(error))[-TRACEBACK_LENGTH:]),
            },
        )
        match decision:
            case Retry(delay_s):
                next_run_at = now + timedelta(seconds=delay_s)
                task_runs.schedule_retry(connection, run.id, run.attempt, next_run_at, reason, text)
                log.info("task.retrying", task_id=run.id, reason=reason, error=text, delay_s=round(delay_s, 2))
                return None
            case Bury(reason):
                task_runs.bury(connection, run.id, run.attempt, now, reason, text)
                return dead_letters.find(connection, run.id)


def _storable(text: str) -> str:
    """Replace characters that no database stores, so that an error's text cannot prevent recording the outcome."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _release(connection: Connection, monitor_id: int | None, now: datetime) -> list[tuple[str, str]]:
    """Release the next task that is held for the monitor; return what to publish."""
    return [] if monitor_id is None else task_messages.release_next(connection, monitor_id, now)


class Progress:
    """Reports an attempt's progress, and stops an attempt that must not continue."""

    def __init__(self, database: Database, claim: Claim, events: TaskEvents) -> None:
        self._database = database
        self._claim = claim
        self._events = events
        self._lock = threading.Lock()
        self._reported_at = clock.monotonic()
        self._reported_step: TaskStep | None = None
        self.last_step: TaskStep | None = None

    def __call__(self, done: int, total: int | None, message: str) -> None:
        """Report that `done` of `total` is done; cheap enough to call for each page.

        A step that is not written because the previous one is too recent is kept in `last_step`, for `report_if_due`
        and the end of the attempt. Raises TaskInterrupted when the task was cancelled or taken over.
        """
        self.last_step = TaskStep(done, total, message)
        if not self.report_if_due():
            raise TaskInterrupted("the task was cancelled or taken over")

    def report_if_due(self) -> bool:
        """Write the last step if it is unwritten and the previous write is long enough ago.

        Another thread calls this too, so that a step is visible even if the next one takes long. Return false if the
        task was cancelled or taken over.
        """
        with self._lock:
            step = self.last_step
            if step is None or step is self._reported_step:
                return True
            if clock.monotonic() - self._reported_at < PROGRESS_EVERY_S:
                return True
            with self._database.transaction() as connection:
                is_mine = task_runs.set_progress(connection, self._claim.task_id, self._claim.attempt, step)
            self._reported_step, self._reported_at = step, clock.monotonic()
            if is_mine:
                self._events.moved(self._claim, step)
            return is_mine

    def close(self) -> None:
        """Stop reporting, since the attempt's end reports the rest. Waits for a report in progress."""
        with self._lock:
            self._reported_step = self.last_step


Step = Callable[[int, int | None, str], None]
"""Called by long work between its pages with (done, total, message); raises TaskInterrupted to stop the work."""


def no_step(done: int, total: int | None, message: str) -> None:
    """Report nothing: for work inside a request."""
