"""What the tests of Redis share."""

from typing import cast

import pytest
from fakeredis import FakeRedis
from redis import Redis

from app.queue.connection import Broker


@pytest.fixture(params=["fakeredis", "valkey"])
def redis(request: pytest.FixtureRequest) -> Redis:
    """Return an empty Redis: a real Valkey, and before it another implementation of the same commands."""
    if request.param == "fakeredis":
        return cast(Redis, FakeRedis(decode_responses=True))
    return cast(Redis, request.getfixturevalue("redis"))


@pytest.fixture
def broker(redis: Redis) -> Broker:
    return Broker(redis)
