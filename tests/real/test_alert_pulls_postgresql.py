"""Pulls of alerts and their acknowledgement with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.alerts.test_alert_pulls import *  # noqa: F403
from tests.services.alerts.test_alert_pulls import editor, source

__all__ = ["by", "editor", "migrated", "monitor_id", "services", "source", "time"]

pytestmark = pytest.mark.real
