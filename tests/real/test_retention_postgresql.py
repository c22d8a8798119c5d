"""What is deleted on a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.operation.test_retention import *  # noqa: F403

__all__ = ["by", "migrated", "monitor_id", "services", "time"]

pytestmark = pytest.mark.real
