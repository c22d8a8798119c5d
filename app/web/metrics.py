"""Figures for Prometheus, asked from the services at the moment of the scrape."""

from collections.abc import Iterable

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from app.composition import Services
from app.enums import TaskType
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.web.access import PUBLIC, declare_role
from app.web.context import services

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@declare_role(PUBLIC)
def scrape() -> Response:
    """Return the figures in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(ServicesCollector(services()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class ServicesCollector(Collector):
    """Tells queue lengths, dead letters, workers and the health score; leaves out what cannot be known now."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering does not already ask the services."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Yield the figures; a broker or a database that is away is a figure too."""
        yield from self._queues()
        yield from self._score()

    def _queues(self) -> Iterable[Metric]:
        try:
            stats = self._services.queues.lengths()
            workers = self._services.queues.workers()
        except BrokerUnavailable:
            yield GaugeMetricFamily("nagare_broker_up", "Whether Redis answers", 0)
            return
        except DatabaseUnavailable:
            return
        yield GaugeMetricFamily("nagare_broker_up", "Whether Redis answers", 1)
        lengths = GaugeMetricFamily("nagare_queue_length", "Tasks that wait in Redis", labels=["type"])
        for type in TaskType:
            lengths.add_metric([type], stats[type])
        yield lengths
        yield GaugeMetricFamily("nagare_dead_letters", "Tasks that gave up", stats["dead"])
        yield GaugeMetricFamily("nagare_workers", "Workers that are alive", len(workers))
        stalls = CounterMetricFamily(
            "nagare_worker_stalls", "How often a worker stopped taking tasks and connected anew", labels=["worker"]
        )
        for worker in workers:
            stalls.add_metric([worker["name"]], worker.get("stalls", 0))
        yield stalls

    def _score(self) -> Iterable[Metric]:
        try:
            score = self._services.scores.score()
        except DatabaseUnavailable:
            yield GaugeMetricFamily("nagare_database_up", "Whether the database answers", 0)
            return
        yield GaugeMetricFamily("nagare_database_up", "Whether the database answers", 1)
        yield GaugeMetricFamily("nagare_health_score", "The health score, 0 to 100", score["score"])
