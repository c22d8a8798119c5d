"""What the tests of Redis share."""

import pytest
from redis import Redis

from app.queue.connection import Broker


@pytest.fixture
def broker(redis: Redis) -> Broker:
    return Broker(redis)
