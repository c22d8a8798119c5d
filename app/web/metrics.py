"""Prometheus metrics: read from the services at the scrape, and counted by all processes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from app import __version__
from app.composition import Services
from app.enums import AlertStatus, Severity, TaskType
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.web.access import PUBLIC, declare_role
from app.web.context import services
from app.web.metric_families import families

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@declare_role(PUBLIC)
def scrape() -> Response:
    """Return the metrics in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(ServicesCollector(services()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class ServicesCollector(Collector):
    """Collects the current state from Redis and the database and the counters of all processes; omits what is
    unavailable."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering does not query the services."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics; an unavailable broker or database is one too. Each block costs a round trip or two."""
        metrics = self._services.operation.metrics
        yield InfoMetricFamily("nagare_build", "Version of nagare", {"version": __version__})
        yield from _probe("broker", "Redis", metrics.broker_round_trip_s())
        yield from _probe("database", "the database", metrics.database_round_trip_s())
        for block in (
            self._lengths,
            self._waiting,
            self._workers,
            self._slots,
            self._alerts,
            self._heartbeats,
            self._monitors,
        ):
            yield from _known(block)
        yield from _known(lambda: families(metrics.measured()))

    def _lengths(self) -> Iterable[Metric]:
        stats = self._services.ledger.queues.lengths()
        lengths = GaugeMetricFamily("nagare_queue_length", "Tasks that wait in the queue", labels=["type"])
        for type in TaskType:
            lengths.add_metric([type], stats[type])
        yield lengths
        yield GaugeMetricFamily("nagare_dead_letters", "Dead letters: tasks that failed for good", stats["dead"])

    def _waiting(self) -> Iterable[Metric]:
        waiting_s = self._services.operation.metrics.waiting_s()
        oldest = GaugeMetricFamily(
            "nagare_queue_oldest_waiting_seconds", "Age of the oldest waiting task", labels=["type"]
        )
        for type in TaskType:
            oldest.add_metric([type], waiting_s.get(type, 0))
        yield oldest

    def _workers(self) -> Iterable[Metric]:
        workers = self._services.queue.workers.alive()
        yield GaugeMetricFamily("nagare_workers", "Live workers", len(workers))
        stalls = CounterMetricFamily(
            "nagare_worker_stalls", "Times that a worker stopped taking tasks and reconnected", labels=["worker"]
        )
        slots = GaugeMetricFamily(
            "nagare_worker_slots", "Tasks that a worker can run at the same time", labels=["worker"]
        )
        for name, alike in _by_name(workers).items():
            stalls.add_metric([name], sum(worker.get("stalls", 0) for worker in alike))
            slots.add_metric([name], sum(worker.get("concurrency", 0) for worker in alike))
        yield stalls
        yield slots

    def _slots(self) -> Iterable[Metric]:
        in_use = GaugeMetricFamily("nagare_worker_slots_in_use", "Tasks that a worker is running", labels=["worker"])
        for name, alike in _by_name(self._services.ledger.queues.workers()).items():
            in_use.add_metric([name], sum(len(worker["tasks"]) for worker in alike))
        yield in_use

    def _alerts(self) -> Iterable[Metric]:
        score = self._services.alerts.scores.score()
        yield GaugeMetricFamily("nagare_health_score", "The health score, 0 to 100", score["score"])
        alerts = GaugeMetricFamily(
            "nagare_alerts",
            "Alerts that affect the score: open, or resolved within the score's window",
            labels=["severity", "status"],
        )
        for severity in Severity:
            for status in AlertStatus:
                count = score["alerts"][severity.name.lower()][status.name.lower()]
                alerts.add_metric([severity.name.lower(), status.name.lower()], count)
        yield alerts
        stale = self._services.liveness.stale_alerts.count()
        yield GaugeMetricFamily("nagare_alerts_stale", "Open alerts that their sources no longer confirm", stale)

    def _heartbeats(self) -> Iterable[Metric]:
        heartbeats = GaugeMetricFamily("nagare_heartbeats", "Heartbeats by status", labels=["status"])
        for status, count in self._services.liveness.heartbeats.counts().items():
            heartbeats.add_metric([status], count)
        yield heartbeats

    def _monitors(self) -> Iterable[Metric]:
        known = GaugeMetricFamily("nagare_monitor_info", "Monitors by id", labels=["monitor_id", "name", "type"])
        for monitor in self._services.operation.metrics.monitors():
            known.add_metric(monitor, 1)
        yield known


def _by_name(workers: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the workers by name: Prometheus rejects duplicate series."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for worker in workers:
        found.setdefault(worker["name"], []).append(worker)
    return found


def _probe(name: str, what: str, round_trip_s: float | None) -> Iterable[Metric]:
    yield GaugeMetricFamily(f"nagare_{name}_up", f"Whether {what} responds", round_trip_s is not None)
    if round_trip_s is not None:
        yield GaugeMetricFamily(f"nagare_{name}_round_trip_seconds", f"Round-trip time to {what}", round_trip_s)


def _known(block: Callable[[], Iterable[Metric]]) -> Iterable[Metric]:
    """Return the block's families, none when the broker or the database is unavailable."""
    try:
        return [*block()]
    except (BrokerUnavailable, DatabaseUnavailable):
        return []
