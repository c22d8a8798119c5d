"""Builds the services that operate nagare itself."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.queue.metric_sums import MetricSums
from app.services.operation.first_steps import FirstSteps
from app.services.operation.health import HealthService
from app.services.operation.key_rotation import KeyRotation
from app.services.operation.metrics import MetricsService
from app.services.operation.retention import Retention


@dataclass(frozen=True)
class Operation:
    """Health, metrics, retention, the rotation of secret keys, and the first steps."""

    health: HealthService
    metrics: MetricsService
    retention: Retention
    key_rotation: KeyRotation
    first_steps: FirstSteps


def build_operation(resources: Resources) -> Operation:
    """Build the services that operate nagare itself."""
    settings, database, queue = resources.settings, resources.database, resources.queue
    return Operation(
        health=HealthService(database, queue.workers, queue.lengths),
        metrics=MetricsService(database, resources.broker, MetricSums(resources.broker), queue.lengths),
        retention=Retention(
            database,
            history_days=settings.history_days,
            alert_days=settings.alert_days,
            audit_days=settings.audit_days,
            score_window_h=settings.score_window_h,
        ),
        key_rotation=KeyRotation(database, resources.vault),
        first_steps=FirstSteps(database),
    )
