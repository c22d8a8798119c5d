"""The connection to Redis."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app import clock
from app.errors import BrokerUnavailable

CONNECT_TIMEOUT_S = 0.5
ANSWER_TIMEOUT_S = 0.8
"""Below a second, in which a request is answered 202 also while Redis hangs."""
REST_S = 1.0


class Broker:
    """Redis, with one kind of error and a rest after each failure.

    During the rest every use fails at once: with Redis behind a silent firewall a request would otherwise spend the
    whole connection timeout before it answers 202.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._rests_until = 0.0

    @contextmanager
    def use(self) -> Iterator[Redis]:
        """Yield the client. Raises BrokerUnavailable when Redis does not answer, or did not a moment ago."""
        if clock.monotonic() < self._rests_until:
            raise BrokerUnavailable("Redis was not available a moment ago")
        try:
            yield self._redis
        except RedisError as error:
            self._rests_until = clock.monotonic() + REST_S
            first_line = str(error).partition("\n")[0]
            raise BrokerUnavailable(f"Redis is not available: {first_line or type(error).__name__}") from error

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()


def connect(url: str, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> Broker:
    """Return a broker; nothing is sent yet. A command that waits in Redis needs a longer `answer_timeout_s`."""
    # The client's own retries are off: they would multiply the time that a request waits for a Redis that is away.
    redis: Redis = Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=answer_timeout_s,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        encoding_errors="replace",
    )
    return Broker(redis)
