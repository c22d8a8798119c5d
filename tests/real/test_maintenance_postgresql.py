"""Recurring maintenance windows and what monitors are told of them, with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.maintenance.test_recurring_windows import *  # noqa: F403
from tests.services.maintenance.test_recurring_windows import editor, window
from tests.services.maintenance.test_source_drift import *  # noqa: F403
from tests.services.maintenance.test_source_drift import window_id
from tests.services.maintenance.test_source_pushes import *  # noqa: F403
from tests.services.maintenance.test_source_pushes import fields, source

__all__ = ["by", "editor", "fields", "migrated", "monitor_id", "services", "source", "time", "window", "window_id"]

pytestmark = pytest.mark.real
