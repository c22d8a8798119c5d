"""The parameters of tasks that generate, pull, receive and acknowledge alerts."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer

from app.enums import Scope, Severity, TaskType
from app.rules.alerts.generated_alerts import GENERATED
from app.rules.task_params.base import MonitorParams, Stored, TaskParams


def _severity(stored: Any) -> Any:
    # Not isinstance: True is an int too, but not a severity.
    return Severity(stored) if type(stored) is int else stored


def _moment(stored: Any) -> Any:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored


StoredSeverity = Annotated[Severity, BeforeValidator(_severity)]
StoredMoment = Annotated[datetime, BeforeValidator(_moment), PlainSerializer(datetime.isoformat)]


class GenerateAlerts(TaskParams):
    """Generate test alerts. Defaults are stored too, because every release stored them."""

    type: ClassVar = TaskType.GENERATE_ALERTS
    is_schedulable: ClassVar = True
    asked_with: ClassVar = Scope.ALERTS

    count: int = GENERATED
    severity: StoredSeverity | None = None
    seed: int | None = None

    def dump(self) -> Stored:
        """Return the JSON to store."""
        return self.model_dump()


class PullAlerts(MonitorParams):
    """Pull the active alerts of a monitor."""

    type: ClassVar = TaskType.PULL_ALERTS
    is_schedulable: ClassVar = True
    asked_with: ClassVar = Scope.TASKS


class AcknowledgeAlert(MonitorParams):
    """Acknowledge alerts at their monitor."""

    type: ClassVar = TaskType.ACKNOWLEDGE_ALERT

    alert_ids: Annotated[tuple[int, ...], Field(strict=False)]
    comment: str = ""


class ReceiveAlerts(MonitorParams):
    """Process all waiting deliveries of a monitor, or only the `reports` that were set aside or refused."""

    type: ClassVar = TaskType.RECEIVE_ALERTS

    reports: Annotated[tuple[Any, ...], Field(strict=False)] = ()
    """As they were received, so of any shape: they were set aside because they could not be processed."""
    received_at: StoredMoment | None = None
    """When the reports were received."""
    format: str | None = None
    """Of alerts that were refused: the format to read them in; `reports` has them as they were posted.

    An older worker takes them for reports that it cannot read, and leaves a dead letter.
    """
    places: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Where each refused alert was in its request."""
