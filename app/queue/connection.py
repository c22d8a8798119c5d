"""The connection to Redis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from app.queue.circuit_breaker import CircuitBreaker
from app.queue.keys import PLAIN, Keys
from app.queue.server_discovery import RedisServer, ServerMoved, find_server

Command = tuple[str | int, ...]
CONNECT_TIMEOUT_S = 0.5
ANSWER_TIMEOUT_S = 0.8
"""Less than a second, in which a request returns 202 even if Redis hangs."""


class Broker:
    """Redis, with one type of error and a circuit breaker."""

    def __init__(self, redis: Redis, keys: Keys = PLAIN) -> None:
        self._redis = redis
        self.keys = keys
        """The names of the keys."""
        self._circuit_breaker = CircuitBreaker("Redis")

    @contextmanager
    def use(self) -> Iterator[Redis]:
        """Yield the client. Raises BrokerUnavailable when Redis does not respond, or failed a moment ago."""
        self._circuit_breaker.refuse_while_open()
        try:
            yield self._redis
        except RedisError as error:
            raise self._circuit_breaker.trip(error) from error

    def send(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one round trip; return the replies, with an error where Redis refused one. Raises
        BrokerUnavailable."""
        with self.use() as redis:
            pool = redis.connection_pool
            connection = pool.get_connection()
            try:
                answers: list[Any] = connection.retry.call_with_retry(
                    lambda: _exchange(connection, commands), lambda _: connection.disconnect()
                )
            finally:
                pool.release(connection)
        return answers

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()
        self._redis.connection_pool.disconnect()


def _exchange(connection: Any, commands: Sequence[Command]) -> list[Any]:
    connection.send_packed_command(connection.pack_commands(commands))
    return [_answer(connection) for _ in commands]


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as refusal:
        return refusal


def connect(server: RedisServer, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> Broker:
    """Return a broker; nothing is sent yet. A blocking command needs a longer `answer_timeout_s`."""
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_timeout": answer_timeout_s,
        # A Unix socket ends with the process behind it.
        **({} if "path" in server.options else {"socket_keepalive": True}),
        # The client's own retries are off: they would multiply the time that a request waits for an unavailable Redis.
        # A server that says that it is no longer the right one has done nothing and answers at once.
        "retry": Retry(NoBackoff(), 1, (ServerMoved,)),
        "decode_responses": True,
        "encoding_errors": "replace",
        **server.options,
    }
    return Broker(Redis(connection_pool=ConnectionPool(**options)), server.keys)


def connect_to(url: str) -> Broker:
    """Return a broker at a URL that needs no further settings. Raises ValueError."""
    return connect(find_server(url))
