"""What tests of the liveness of monitors and alerts share."""

import pytest

from app.composition import Services
from tests.services.conftest import Time
from tests.services.liveness.running import Running


@pytest.fixture
def running(services: Services, time: Time, monitor_id: int) -> Running:
    return Running(services, time, monitor_id)
