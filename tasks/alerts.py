"""The tasks that make alerts."""

from collections.abc import Mapping
from typing import Any

from app.enums import TaskType
from tasks.base import Run, task


@task(TaskType.GENERATE_ALERTS)
def generate_alerts(run: Run) -> Mapping[str, Any]:
    """Generate test alerts."""
    return run.services.alerts.generate(run.task_id, **run.params, step=run.step)
