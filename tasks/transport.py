"""Redis as kombu speaks it, except that neither an element which is no message nor a lost connection ends the worker.

kombu parses what it takes from a list without a guard: one element that is not JSON raises out of the worker's event
loop, the worker dies, and the element is gone. When a connection is lost while tasks run, kombu acknowledges and
restores their messages over a channel that it has already taken apart; the AttributeError ends the worker as well.
"""

from typing import Any

import structlog
from kombu.transport import redis as kombu_redis
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from app.errors import BrokerUnavailable
from app.queue.keys import QUEUE_KEYS
from app.queue.malformed import canonical
from tasks.process import services

log = structlog.get_logger()


class GuardedRedis(Redis):
    """A client that hands out only messages of nagare from its queues."""

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        """Parse an answer; an element that is no message is set aside, as if the list had been empty."""
        reply = super().parse_response(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not reply:
            return reply
        key, element = reply
        name = key.decode() if isinstance(key, bytes) else key
        if name not in QUEUE_KEYS.values():
            return reply  # an answer to `celery inspect`
        message = canonical(name, element)
        if message is not None:
            return key, message
        log.warning("message.malformed", queue=name, length=len(element))
        try:
            services(pooled=False).malformed.set_aside(name, element)
        except BrokerUnavailable as error:
            log.warning("message.malformed_lost", queue=name, error=str(error), element=str(element[:200]))
        return None


class QoS(kombu_redis.QoS):
    """The messages that the worker holds, given back at its end where that is possible."""

    def restore_unacked(self, client: Any = None) -> None:
        """Put the messages back into their lists; those that cannot be put back are published by the recovery."""
        try:
            super().restore_unacked(client)
        except RedisError as error:
            log.warning("messages.not_restored", count=len(self._delivered), error=str(error))
            self._delivered.clear()


class Channel(kombu_redis.Channel):
    """A channel with the guarded client, and with the right error once it is closed."""

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the connection was closed")
        return super()._connparams(asynchronous)

    def _get_client(self) -> type[Redis]:
        return GuardedRedis


class Transport(kombu_redis.Transport):
    """kombu's Redis transport with the guarded channel."""

    Channel = Channel
