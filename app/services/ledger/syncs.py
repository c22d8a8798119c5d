"""Runs syncs: a parent task, and its children one after the other."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping

from app.enums import TERMINAL_STATES, TaskState
from app.errors import ChildrenFailed, InvalidParams, TaskInterrupted
from app.rules.progress_messages import of_part
from app.rules.task_params.alerts import PullAlerts
from app.rules.task_params.base import MonitorParams
from app.rules.task_params.pull import PullHosts, PullItems
from app.rules.task_params.sync import Sync
from app.services.ledger.idempotency import fingerprint_of
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.ledger.task_claim import Claim
from app.services.ledger.task_lifecycle import TaskLifecycle
from app.store.database.engine import Database
from app.store.ledger import parent_tasks
from app.store.ledger.task_steps import TaskStep

STAGES: tuple[type[MonitorParams], ...] = (PullHosts, PullItems, PullAlerts)
ENDS = {TaskState.SUCCEEDED: "succeeded", TaskState.DEAD: "failed", TaskState.CANCELLED: "cancelled"}


class SyncService:
    """Methods raise DatabaseUnavailable.

    Between its start and its end a parent occupies no worker: it is `running` without one, and recovery's tick advances
    it.
    """

    def __init__(self, database: Database, outbox: Outbox, lifecycle: TaskLifecycle) -> None:
        self._database = database
        self._outbox = outbox
        self._lifecycle = lifecycle

    def begin(self, task_id: str, attempt: int, monitor_id: int) -> None:
        """Record the first child and let the parent wait for it. Raises TaskInterrupted if the claim is lost."""
        with self._database.transaction() as connection:
            parents_attempt = parent_tasks.leave_worker(connection, task_id, attempt)
            if parents_attempt is None:
                raise TaskInterrupted("the task was cancelled or taken over")
            child_id = self._record_child(connection, task_id, parents_attempt, monitor_id, STAGES[0])
        self._outbox.publish({child_id: monitor_id})

    def tick(self) -> None:
        """Advance every parent whose children changed: its progress, its next child, its end."""
        with self._database.reading() as connection:
            parents = parent_tasks.parents(connection)
        for parent in parents:
            try:
                self._advance(parent)
            except InvalidParams as error:
                self._lifecycle.fail(_claim(parent), error)

    def _advance(self, parent: RowMapping) -> None:
        round = _round(parent["id"], parent["attempt"])
        with self._database.reading() as connection:
            children = parent_tasks.children(connection, parent["id"], round)
        step = _progress(children)
        has_ended = all(child["state"] in TERMINAL_STATES for child in children)
        if has_ended and len(children) >= len(STAGES):
            self._end(parent, children, step)
        elif has_ended:
            self._record_next(parent, round)
        elif step.columns() != {name: parent[name] for name in step.columns()}:
            with self._database.transaction() as connection:
                parent_tasks.set_progress(connection, parent["id"], step)
            self._lifecycle.publish_progress(_claim(parent), step)

    def _record_next(self, parent: RowMapping, round: str) -> None:
        with self._database.transaction() as connection:
            # Without the lock, two concurrent ticks would both see that the last child has ended.
            if not parent_tasks.lock_parent(connection, parent["id"], parent["attempt"]):
                return
            children = parent_tasks.children(connection, parent["id"], round)
            if len(children) >= len(STAGES) or any(child["state"] not in TERMINAL_STATES for child in children):
                return
            stage = STAGES[len(children)]
            monitor_id = Sync.parse(parent["params"]).monitor_id
            child_id = self._record_child(connection, parent["id"], parent["attempt"], monitor_id, stage)
        self._outbox.publish({child_id: monitor_id})

    def _end(self, parent: RowMapping, children: Sequence[RowMapping], step: TaskStep) -> None:
        counts = {name: sum(child["state"] == state for child in children) for state, name in ENDS.items()}
        claim = _claim(parent)
        if counts["succeeded"]:
            self._lifecycle.succeed(claim, {"children": len(children), **counts}, step)
            return
        failed = f"{counts['failed']} of {len(children)} tasks failed, {counts['cancelled']} were cancelled"
        self._lifecycle.fail(claim, ChildrenFailed(failed))

    def _record_child(
        self, connection: Connection, parent_id: str, attempt: int, monitor_id: int, stage: type[MonitorParams]
    ) -> str:
        child_id = new_task_id(stage.type)
        self._outbox.record(
            connection,
            child_id,
            stage(monitor_id=monitor_id),
            monitor_id=monitor_id,
            fingerprint=_round(parent_id, attempt),
            parent_id=parent_id,
        )
        return child_id


def _claim(parent: RowMapping) -> Claim:
    columns = ("id", "type", "params", "attempt", "monitor_id", "first_attempt")
    return Claim(*(parent[name] for name in columns))


def _round(parent_id: str, attempt: int) -> str:
    """Return the key that separates the children of this attempt from those of earlier attempts."""
    return fingerprint_of([parent_id, attempt])


def _progress(children: Sequence[RowMapping]) -> TaskStep:
    """Add up the children's progress; the total is None until all children are recorded and know their own."""
    done = sum(child["progress_done"] for child in children)
    totals = [
        child["progress_done"] if child["state"] in TERMINAL_STATES else child["progress_total"] for child in children
    ]
    known = [total for total in totals if total is not None]
    is_known = len(known) == len(STAGES)
    message = of_part(children[-1]["type"], children[-1]["progress_message"]) if children else ""
    return TaskStep(done, sum(known) if is_known else None, message)
