"""Tells monitors of maintenance windows."""

from contextlib import suppress
from typing import Any, cast

from sqlalchemy import RowMapping

from app import clock
from app.connectors.maintenance import WritesMaintenance
from app.errors import Conflict, NotFound, SourceError
from app.rules.maintenance.source_maintenance import SourceMaintenance
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.ledger.dead_letters import DeadLetterService
from app.services.ledger.outbox import Outbox
from app.services.ledger.task_lifecycle import Step, no_step
from app.services.maintenance.push_planner import PushPlanner
from app.store.alerts import maintenance, maintenance_pushes
from app.store.database.engine import Database

DUE_BATCH_SIZE = 100


class SourcePushes:
    """Methods raise DatabaseUnavailable."""

    def __init__(
        self,
        database: Database,
        monitor_connections: MonitorConnections,
        outbox: Outbox,
        planner: PushPlanner,
        dead_letters: DeadLetterService,
    ) -> None:
        self._database = database
        self._monitor_connections = monitor_connections
        self._outbox = outbox
        self._planner = planner
        self._dead_letters = dead_letters

    def push(self, window_id: int, monitor_id: int, step: Step = no_step) -> dict[str, Any]:
        """Let a monitor have what is wanted there of a window, also if that changes meanwhile.

        Raises NotFound, Conflict if the monitor is disabled, SourceError.
        """
        step(0, 1, "")
        external_ids: list[str] = []
        while (push := self._begin(window_id, monitor_id)) is not None:
            external_ids = self._tell(push)
            with self._database.transaction() as connection:
                if maintenance_pushes.settle(connection, push["id"], push["version"], external_ids, clock.now()):
                    break
        step(1, 1, "")
        return {"external_ids": external_ids}

    def tick(self) -> None:
        """Look at the windows of which it is time to see what their monitors must be told."""
        now = clock.now()
        with self._database.reading() as connection:
            due = maintenance.due(connection, maintenance.PUSH_DUE, now, DUE_BATCH_SIZE)
        for window_id in due:
            with self._database.transaction() as connection:
                recorded = self._planner.plan(connection, window_id, now, is_periodic=True)
                failed = maintenance_pushes.failed_tasks(connection, window_id)
            self._outbox.publish(recorded)
            # A source that was away is told once it is back; the same task runs again, which leaves one dead letter.
            for task_id in failed:
                with suppress(NotFound):
                    self._dead_letters.retry(task_id, is_automatic=True)

    def _begin(self, window_id: int, monitor_id: int) -> RowMapping | None:
        with self._database.transaction() as connection:
            push = maintenance_pushes.find(connection, window_id, monitor_id)
            if push is not None:
                maintenance_pushes.begin(connection, push["id"])
        return push

    def _tell(self, push: RowMapping) -> list[str]:
        wanted = SourceMaintenance.load(push["wanted"]) if push["wanted"] else None
        try:
            with self._monitor_connections.open(push["monitor_id"]) as connector:
                return [*cast(WritesMaintenance, connector).set_maintenance(push["mark"], wanted)]
        except (SourceError, Conflict, NotFound) as error:
            with self._database.transaction() as connection:
                maintenance_pushes.change(connection, push["id"], {"error": str(error)})
            raise
