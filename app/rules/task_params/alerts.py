"""The parameters of tasks that make alerts, bring them in and tell their monitors of them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer

from app.enums import Severity, TaskType
from app.rules.generated_alerts import GENERATED
from app.rules.task_params.base import MonitorParams, Stored, TaskParams


def _severity(stored: Any) -> Any:
    # The type itself: True is an int too, and is no severity.
    return Severity(stored) if type(stored) is int else stored


def _moment(stored: Any) -> Any:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored


StoredSeverity = Annotated[Severity, BeforeValidator(_severity)]
StoredMoment = Annotated[datetime, BeforeValidator(_moment), PlainSerializer(datetime.isoformat)]


class GenerateAlerts(TaskParams):
    """Make test alerts. What is left to its default is stored too: so every release did."""

    type: ClassVar = TaskType.GENERATE_ALERTS
    is_schedulable: ClassVar = True

    count: int = GENERATED
    severity: StoredSeverity | None = None
    seed: int | None = None

    def dump(self) -> Stored:
        """Return it as it is stored."""
        return self.model_dump()


class PullAlerts(MonitorParams):
    """Pull the alerts that fire at a monitor."""

    type: ClassVar = TaskType.PULL_ALERTS
    is_schedulable: ClassVar = True


class AcknowledgeAlert(MonitorParams):
    """Tell a monitor that somebody looks after these alerts of it."""

    type: ClassVar = TaskType.ACKNOWLEDGE_ALERT

    alert_ids: Annotated[tuple[int, ...], Field(strict=False)]
    comment: str = ""


class ReceiveAlerts(MonitorParams):
    """Take in all that waits of what a monitor posted, or just the `reports` that were set aside."""

    type: ClassVar = TaskType.RECEIVE_ALERTS

    reports: Annotated[tuple[Any, ...], Field(strict=False)] = ()
    """As they were posted, whatever they are: they are set aside because they could not be taken in."""
    received_at: StoredMoment | None = None
    """When the reports were posted."""
