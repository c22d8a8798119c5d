"""Hosts that are one machine, and witnesses of one fault, with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.machines.conftest import fleet
from tests.services.machines.test_machines import *  # noqa: F403
from tests.services.machines.test_witnesses import *  # noqa: F403
from tests.services.machines.test_witnesses import _listening, machine_id

__all__ = ["_listening", "by", "fleet", "machine_id", "migrated", "monitor_id", "services", "time"]

pytestmark = pytest.mark.real
