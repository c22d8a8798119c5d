"""Tasks that are scheduled for later, with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.ledger.test_scheduled_tasks import *  # noqa: F403
from tests.services.ledger.test_scheduled_tasks import task_id

__all__ = ["by", "migrated", "monitor_id", "services", "task_id", "time"]

pytestmark = pytest.mark.real
