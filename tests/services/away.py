"""What can be away."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError


@contextmanager
def redis_away(redis: Redis) -> Iterator[None]:
    """Let every command fail as it does when nobody listens at the address."""

    def refuse(*_: object, **__: object) -> None:
        raise RedisConnectionError("Error 111 connecting to 127.0.0.1:6379. Connection refused.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis.connection_pool, "get_connection", refuse)
        yield
