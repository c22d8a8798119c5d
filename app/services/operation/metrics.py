"""The metrics of all processes: counters that each adds to, and values that are read on request."""

import threading

from app import clock, metrics_registry
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.metrics import (
    CONNECTOR_DURATION,
    CONNECTOR_ERRORS,
    UNKNOWN_SEVERITIES,
    WEBHOOK_ALERTS_REFUSED,
    WEBHOOK_ALERTS_TRUNCATED,
)
from app.metrics_registry import Field
from app.queue.connection import Broker
from app.queue.metric_sums import MetricSums
from app.queue.queue_lengths import QueueLengths
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.inventory import monitors
from app.store.ledger import task_messages

FLUSH_EVERY_S = 1.0
FORGET_EVERY_S = 600.0
BY_MONITOR = {
    metric.name
    for metric in (
        CONNECTOR_DURATION,
        CONNECTOR_ERRORS,
        UNKNOWN_SEVERITIES,
        WEBHOOK_ALERTS_REFUSED,
        WEBHOOK_ALERTS_TRUNCATED,
    )
}


class MetricsService:
    """Methods raise BrokerUnavailable and DatabaseUnavailable unless they say otherwise."""

    def __init__(self, database: Database, broker: Broker, measures: MetricSums, lengths: QueueLengths) -> None:
        self._database = database
        self._broker = broker
        self._measures = measures
        self._lengths = lengths
        self._amounts: dict[Field, float] = {}
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self._forgetting = Interval(FORGET_EVERY_S)

    def start(self) -> None:
        """Start a thread that flushes each second."""
        threading.Thread(target=self._flush_on, name="metrics", daemon=True).start()

    def flush(self) -> None:
        """Add this process's counts to the totals; keep them while Redis is unavailable. Raises nothing."""
        with self._lock:
            for field, amount in metrics_registry.drain().items():
                self._amounts[field] = self._amounts.get(field, 0) + amount
            if not self._amounts:
                return
            try:
                self._measures.add(self._amounts)
            except BrokerUnavailable:
                return
            self._amounts = {}

    def close(self) -> None:
        """Stop the thread and flush a last time."""
        self._is_closed.set()
        self.flush()

    def measured(self) -> dict[Field, float]:
        """Return the totals of all processes, with this one's counts up to date."""
        self.flush()
        return self._measures.read()

    def monitors(self) -> list[tuple[str, str, str]]:
        """Return id, name and type of each monitor."""
        with self._database.reading() as connection:
            return [(str(row.id), row.name, row.type) for row in monitors.names(connection)]

    def forget_gone(self) -> None:
        """Delete, at intervals, the counts of monitors that no longer exist."""
        if not self._forgetting.is_over():
            return
        known = {monitor_id for monitor_id, _, _ in self.monitors()}
        gone = [field for field in self._measures.read() if field[0] in BY_MONITOR and field[1] not in known]
        if gone:
            self._measures.forget(gone)

    def waiting_s(self) -> dict[str, float]:
        """Return, by type, how long the oldest waiting task has waited; omit types without waiting tasks."""
        next_ids = self._lengths.next_ids()
        with self._database.reading() as connection:
            if next_ids is None:
                since = task_messages.queued_since(connection)
            else:
                since = task_messages.waiting_since(connection, next_ids)
        now = clock.now()
        return {type_: max(0.0, (now - moment).total_seconds()) for type_, moment in since.items()}

    def broker_round_trip_s(self) -> float | None:
        """Return the round-trip time of Redis, or None if it does not respond. Raises nothing."""
        started_at = clock.monotonic()
        try:
            with self._broker.use() as redis:
                redis.ping()
        except BrokerUnavailable:
            return None
        return clock.monotonic() - started_at

    def database_round_trip_s(self) -> float | None:
        """Return the round-trip time of the database, or None if it does not respond. Raises nothing."""
        started_at = clock.monotonic()
        try:
            self._database.ping()
        except DatabaseUnavailable:
            return None
        return clock.monotonic() - started_at

    def _flush_on(self) -> None:
        while not self._is_closed.wait(FLUSH_EVERY_S):
            self.flush()
