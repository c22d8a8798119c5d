"""Tasks that generate, pull, receive and acknowledge alerts."""

from collections.abc import Mapping
from typing import Any

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.GENERATE_ALERTS)
def generate_alerts(run: Run) -> Mapping[str, Any]:
    """Generate test alerts."""
    return run.services.alerts.alerts.generate(run.task_id, **run.params, step=run.step)


@task(TaskType.PULL_ALERTS)
def pull_alerts(run: Run) -> Mapping[str, Any]:
    """Pull the active alerts of a monitor."""
    return run.services.alerts.alert_pulls.pull(**run.params, step=run.step)


@task(TaskType.ACKNOWLEDGE_ALERT)
def acknowledge_alert(run: Run) -> Mapping[str, Any]:
    """Acknowledge alerts at their monitor."""
    return run.services.alerts.alert_pulls.acknowledge(**run.params, step=run.step)


@task(TaskType.RECEIVE_ALERTS)
def receive_alerts(run: Run) -> Mapping[str, Any]:
    """Process what was sent to a monitor's webhook."""
    return run.services.alerts.webhook_intake.take_in(**run.params, step=run.step)
