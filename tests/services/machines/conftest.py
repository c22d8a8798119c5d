"""What tests of machines share."""

import pytest

from app.composition import Services
from tests.services.conftest import Time
from tests.services.machines.fleet import Fleet


@pytest.fixture
def fleet(services: Services, time: Time) -> Fleet:
    return Fleet(services, time)
