"""Reports queue lengths and workers, and pauses and resumes queues."""

from collections.abc import Mapping
from typing import Any

from app import clock
from app.enums import COUNTED_TYPES, AuditAction, AuditedType, TaskType, WorkerOrder
from app.errors import NotFound
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry
from app.services.access.acting import acting_editor
from app.services.access.audit import record_action
from app.store.database.engine import Database
from app.store.ledger import dead_letters, queue_pauses, task_messages, task_runs

FAILURES_SHOWN = 20
AUDITED_ORDERS = {
    WorkerOrder.PAUSE: AuditAction.PAUSED,
    WorkerOrder.RESUME: AuditAction.RESUMED,
    WorkerOrder.SHUTDOWN: AuditAction.SHUT_DOWN,
}


class QueueService:
    """Methods raise BrokerUnavailable and DatabaseUnavailable."""

    def __init__(
        self, database: Database, lengths: QueueLengths, registry: WorkerRegistry, *, are_withdrawn: bool = True
    ) -> None:
        self._database = database
        self._lengths = lengths
        self._registry = registry
        # If queues keep the messages of cancelled tasks, only the ledger knows how many tasks wait.
        self._are_withdrawn = are_withdrawn

    def stats(self) -> dict[str, int]:
        """Return the number of waiting messages for each counted type, and under `dead` the number of dead letters."""
        return _counted(self.lengths())

    def lengths(self) -> dict[str, int]:
        """Return the same for all types."""
        if self._are_withdrawn:
            return self._lengths.read()
        return {**dict.fromkeys(map(str, TaskType), 0), **self._ledger_counts()}

    def ledger_stats(self) -> dict[str, int]:
        """Return the same from the ledger, for when Redis is unavailable. Raises only DatabaseUnavailable."""
        return _counted(self._ledger_counts())

    def workers(self) -> list[dict[str, Any]]:
        """Return the live workers, each with the tasks that it runs."""
        alive = self._registry.alive()
        with self._database.reading() as connection:
            runs = task_runs.running(connection)
        shown = [(run["worker"], {key: run[key] for key in ("task_id", "type", "started_at")}) for run in runs]
        return [{**_complete(worker), "tasks": [task for by, task in shown if _is_of(worker, by)]} for worker in alive]

    def worker(self, worker_id: str) -> dict[str, Any]:
        """Return a live worker with its tasks, and the tasks that failed last on it. Raises NotFound."""
        worker = self._found(worker_id)
        with self._database.reading() as connection:
            failed = dead_letters.of_worker(connection, f"{worker['name']}/", FAILURES_SHOWN)
        return {**worker, "failures": [letter for letter in failed if _is_of(worker, letter["worker"])]}

    def order(self, worker_id: str, order: WorkerOrder) -> dict[str, Any]:
        """Ask something of a live worker, which does it within seconds. Raises NotFound."""
        worker = self._found(worker_id)
        self._registry.order(worker["id"], order)
        with self._database.transaction() as connection:
            action = AUDITED_ORDERS[order]
            record_action(connection, acting_editor(), AuditedType.WORKER, 0, action, worker=worker["id"])
        return {"id": worker["id"], "order": order}

    def _found(self, worker_id: str) -> dict[str, Any]:
        for worker in self.workers():
            if worker["id"] == worker_id:
                return worker
        raise NotFound(f"there is no live worker {worker_id}")

    def pause(self, type: TaskType) -> dict[str, Any]:
        """Pause a type's queue; its running tasks continue."""
        with self._database.transaction() as connection:
            queue_pauses.pause(connection, type, clock.now())
            record_action(connection, acting_editor(), AuditedType.QUEUE, 0, AuditAction.PAUSED, queue=type)
        return {"type": type, "paused": True}

    def resume(self, type: TaskType) -> dict[str, Any]:
        """Resume a type's queue."""
        with self._database.transaction() as connection:
            queue_pauses.resume(connection, type)
            record_action(connection, acting_editor(), AuditedType.QUEUE, 0, AuditAction.RESUMED, queue=type)
        return {"type": type, "paused": False}

    def paused(self) -> set[str]:
        """Return the paused types."""
        with self._database.reading() as connection:
            return queue_pauses.paused_types(connection)

    def _ledger_counts(self) -> dict[str, int]:
        with self._database.reading() as connection:
            return {**task_messages.waiting_counts(connection), "dead": dead_letters.count(connection)}


def _complete(worker: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in fields that workers of earlier releases do not report; both run side by side during an upgrade."""
    return {"id": worker["name"], "is_name_shared": False, "is_paused": False, "queues": [], **worker}


def _is_of(worker: Mapping[str, Any], process: str | None) -> bool:
    """Return whether the process `name/pid` belongs to this worker."""
    name, _, pid = (process or "").rpartition("/")
    return name == worker["name"] and (not worker.get("is_name_shared") or int(pid) in worker["processes"])


def _counted(lengths: Mapping[str, int]) -> dict[str, int]:
    return {name: lengths.get(name, 0) for name in (*map(str, COUNTED_TYPES), "dead")}
