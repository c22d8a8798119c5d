"""What can be away."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from app.composition import Services
from app.store.database import sqlite_lock


@contextmanager
def redis_away(redis: Redis) -> Iterator[None]:
    """Let every command fail as it does when nobody listens at the address."""

    def refuse(*_: object, **__: object) -> None:
        raise RedisConnectionError("Error 111 connecting to 127.0.0.1:6379. Connection refused.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis.connection_pool, "get_connection", refuse)
        yield


@contextmanager
def all_away_from_the_next_command(services: Services, redis: Redis) -> Iterator[None]:
    """Let Redis go away at the next commands that are sent to it, and with it the database, which somebody locks."""
    with ExitStack() as gone, pytest.MonkeyPatch.context() as patch:
        send = services.broker.send
        locker = gone.enter_context(closing(sqlite3.connect(services.database.engine.url.database or "")))

        def send_into_the_void(commands: Any) -> Any:
            if not locker.in_transaction:
                gone.enter_context(redis_away(redis))
                locker.execute("BEGIN IMMEDIATE")
            return send(commands)

        # The time that the services see stands still.
        patch.setattr(sqlite_lock, "BUSY_TIMEOUT_S", -1)
        patch.setattr(services.broker, "send", send_into_the_void)
        yield
        assert locker.in_transaction
