"""Events of tasks and alerts with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.alerts.test_alert_event_relay import *  # noqa: F403
from tests.services.alerts.test_alert_event_relay import news
from tests.services.ledger.test_task_events import *  # noqa: F403
from tests.services.ledger.test_task_events import task_id

__all__ = ["by", "migrated", "monitor_id", "news", "services", "task_id", "time"]

pytestmark = pytest.mark.real
