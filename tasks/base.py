"""What every task does around its body: claim, renew the lease, record the outcome."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from celery import Task
from celery.exceptions import SoftTimeLimitExceeded
from structlog.contextvars import bound_contextvars

from app import clock, tracing
from app.composition import Services
from app.enums import TaskType
from app.errors import DatabaseUnavailable, OutOfMemory, TaskInterrupted, TaskTimeout
from app.metrics import TASK_DURATION
from app.queue.publisher import task_name
from app.rules.task_params.base import TaskParams
from app.services.ledger.task_claim import Claim
from app.services.ledger.task_lifecycle import Progress, Step
from tasks.application import celery
from tasks.lease import Lease
from tasks.worker_process import services

log = structlog.get_logger()
DATABASE_RETRY_S = 0.5
Params = TypeVar("Params", bound=TaskParams)


@dataclass(frozen=True, slots=True)
class Run(Generic[Params]):
    """The context of a task's body."""

    services: Services
    task_id: str
    attempt: int
    params: Params
    step: Step


Body = Callable[[Run[Params]], Mapping[str, Any] | None]
"""Returns the result; None means that the task continues without a worker."""
Work = Callable[[Claim, Step], Mapping[str, Any] | None]
"""Parses the parameters and calls the body. Raises InvalidParams."""
BODIES: dict[TaskType, Body[Any]] = {}
"""The registered bodies, by task type."""


class LedgerTask(Task):
    """A task whose state is in the ledger."""

    Request = "tasks.request:LedgerRequest"


def task(kind: type[Params]) -> Callable[[Body[Params]], Task]:
    """Register a body as the Celery task of its parameters' type; the message carries only the task's id."""

    def register(body: Body[Params]) -> Task:
        def execute(self: Task, task_id: str) -> None:
            run_task(task_id, kind, body, f"{self.request.hostname}/{os.getpid()}")

        if kind.type in BODIES:
            raise TypeError(f"{kind.type} has two bodies")
        BODIES[kind.type] = body
        execute.__doc__ = body.__doc__
        return celery.task(execute, name=task_name(kind.type), base=LedgerTask, bind=True)

    return register


def run_task(task_id: str, kind: type[Params], body: Body[Params], worker: str) -> None:
    """Run one attempt of a task, unless it is no longer waiting. Raises nothing: the ledger has the outcome."""
    app = services()

    def work(claim: Claim, step: Step) -> Mapping[str, Any] | None:
        return body(Run(app, claim.task_id, claim.attempt, kind.parse(claim.params), step))

    with app.database.kept_open():
        _run_attempt(app, task_id, kind.type, work, worker)


def _run_attempt(app: Services, task_id: str, type: TaskType, work: Work, worker: str) -> None:
    with tracing.hold() as held:
        claim = _claim(app, task_id, type, worker)
    if claim is None:
        return
    if claim.traceparent is not None and claim.published_at is not None:
        tracing.add(f"wait {type}", claim.published_at, clock.now(), claim.traceparent)
    about: tracing.Attributes = {"nagare.task_id": task_id, "nagare.attempt": claim.attempt}
    with (
        bound_contextvars(task_id=task_id, **_monitor_of(claim)),
        tracing.span(f"run {type}", about, "consumer", claim.traceparent),
    ):
        held.release()
        _run_with_lease(app, claim, work)


def _monitor_of(claim: Claim) -> dict[str, int]:
    return {} if claim.monitor_id is None else {"monitor_id": claim.monitor_id}


def _run_with_lease(app: Services, claim: Claim, work: Work) -> None:
    log.info("task.started", attempt=claim.attempt)
    progress = app.ledger.lifecycle.progress(claim)
    lease = Lease(app.settings.lease_s, partial(app.ledger.lifecycle.renew, claim), progress.report_if_due)
    try:
        with lease:
            _run_claimed(app, claim, progress, work)
    except TaskInterrupted as interruption:
        lease.close()
        is_handed_back = _hand_back(app, claim)
        event = "task.handed_back" if is_handed_back else "task.interrupted"
        log.info(event, attempt=claim.attempt, error=str(interruption))


def _claim(app: Services, task_id: str, type: TaskType, worker: str) -> Claim | None:
    """Claim the task, waiting for an unavailable database for as long as a lease.

    After that the message is dropped: the task is still in the ledger, and recovery publishes it again.
    """
    give_up_at = clock.monotonic() + app.settings.lease_s
    while True:
        try:
            claim = app.ledger.lifecycle.begin(task_id, worker, type)
        except DatabaseUnavailable as error:
            log.warning("task.not_begun", task_id=task_id, error=str(error))
            if clock.monotonic() > give_up_at:
                return None
            clock.sleep(DATABASE_RETRY_S)
        else:
            if claim is None:
                app.ledger.malformed_messages.record_unknown(type, task_id)
            return claim


def _run_claimed(app: Services, claim: Claim, progress: Progress, work: Work) -> None:
    started_at = clock.monotonic()
    try:
        with _observed(claim), closing(progress):
            result = work(claim, progress)
    except TaskInterrupted:
        raise
    except SoftTimeLimitExceeded:
        timeout = TaskTimeout(f"the task ran longer than {app.settings.task_timeout_s} s")
        _record(lambda: app.ledger.lifecycle.fail(claim, timeout))
    except MemoryError:
        _record(lambda: app.ledger.lifecycle.fail(claim, OutOfMemory("the task ran out of memory")))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must reach the ledger
        # The name is unbound when this block ends.
        failure = error
        _record(lambda: app.ledger.lifecycle.fail(claim, failure))
    else:
        if result is None:
            log.info("task.waits_for_children", task_id=claim.task_id, attempt=claim.attempt)
            return
        _record(lambda: app.ledger.lifecycle.succeed(claim, result, progress.last_step))
        seconds = round(clock.monotonic() - started_at, 3)
        log.info("task.succeeded", task_id=claim.task_id, attempt=claim.attempt, seconds=seconds, **result)


@contextmanager
def _observed(claim: Claim) -> Iterator[None]:
    started_at = clock.monotonic()
    try:
        with tracing.span(f"work {claim.type}"):
            yield
    finally:
        TASK_DURATION.observe(clock.monotonic() - started_at, claim.type)


def _hand_back(app: Services, claim: Claim) -> bool:
    """Queue the task again if it is still ours: then not the task was interrupted, but this worker."""
    try:
        return app.ledger.lifecycle.hand_back(claim)
    except DatabaseUnavailable as error:
        log.warning("task.not_handed_back", task_id=claim.task_id, error=str(error))
        return False


def _record(write: Callable[[], bool]) -> None:
    """Write the outcome, however long the database is unavailable: the lease's timer ends a wait that is too long."""
    while True:
        try:
            if not write():
                raise TaskInterrupted("the task was cancelled or taken over before its outcome was recorded")
        except DatabaseUnavailable as error:
            log.warning("outcome.not_recorded", error=str(error))
            clock.sleep(DATABASE_RETRY_S)
        else:
            return
