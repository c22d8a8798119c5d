"""Notices heartbeats that are late: the leader's tick."""

from datetime import datetime, timedelta

import structlog

from app import clock
from app.enums import HeartbeatStatus
from app.rules.liveness.heartbeats import after_time
from app.services.alerts.alert_intake import AlertIntake
from app.services.liveness.heartbeat_states import (
    lock_monitors,
    period_of,
    state_of,
    update_alerts,
    with_monitors,
    with_state,
)
from app.services.liveness.ping_reception import NOTICED_S
from app.store.database.engine import Database
from app.store.liveness import heartbeats, ping_reception

log = structlog.get_logger()
BATCH_SIZE = 100
BATCHES = 10
"""How many batches a tick writes; the next one continues."""


class HeartbeatWatch:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake

    def tick(self) -> None:
        """Note which heartbeats are late or down, and raise their alerts: each once, however many processes run it."""
        for _ in range(BATCHES):
            if self._judge_some() < BATCH_SIZE:
                return

    def _judge_some(self) -> int:
        with self._database.reading() as connection:
            until = _judged_until(ping_reception.received_until(connection))
            due = [] if until is None else heartbeats.due(connection, until, BATCH_SIZE)
        if until is None or not due:
            return 0
        with self._database.transaction() as connection:
            lock_monitors(connection, due)
            locked = heartbeats.lock(connection, [row["id"] for row in due])
            # Another process may have been first, or a ping may have come.
            late = [row for row in locked if row["due_at"] is not None and row["due_at"] <= until]
            changed = [with_state(row, after_time(state_of(row), period_of(row), until)) for row in late]
            down = [row for row in changed if row["status"] == HeartbeatStatus.DOWN]
            with_monitors(connection, down, until)
            heartbeats.write_states(connection, changed)
            update_alerts(connection, self._intake, down, clock.now())
        for row in down:
            log.warning("heartbeat.down", heartbeat=row["name"], reason=row["reason"])
        return len(due)


def _judged_until(received_until: datetime | None) -> datetime | None:
    """Return the time for which heartbeats can be judged: without the time in which nothing may have received pings."""
    return received_until and min(clock.now(), received_until + timedelta(seconds=NOTICED_S))
