"""What no longer reports, with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.liveness.conftest import running
from tests.services.liveness.test_silent_monitors import *  # noqa: F403
from tests.services.liveness.test_silent_monitors import pulled
from tests.services.liveness.test_stale_alerts import *  # noqa: F403
from tests.services.liveness.test_watchdogs import *  # noqa: F403
from tests.services.liveness.test_watchdogs import guarded

__all__ = ["by", "guarded", "migrated", "monitor_id", "pulled", "running", "services", "time"]

pytestmark = pytest.mark.real
