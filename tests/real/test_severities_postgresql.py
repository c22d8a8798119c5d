"""New severity tables with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import migrated, monitor_id, services, time
from tests.services.alerts.test_severities import *  # noqa: F403
from tests.services.alerts.test_severities import by

__all__ = ["by", "migrated", "monitor_id", "services", "time"]

pytestmark = pytest.mark.real
