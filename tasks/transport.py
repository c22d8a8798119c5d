"""kombu's Redis transport, hardened against malformed data and without what the ledger makes superfluous.

kombu parses list elements and broadcasts without validation: one element that is not JSON, or one broadcast without
properties, raises out of the worker's event loop, the worker dies, and the element is gone. When a connection is lost
while tasks run, kombu restores their messages over a channel that it has already closed; the AttributeError ends the
worker as well. And it keeps a copy of every message that a worker holds in Redis, at the cost of two round trips a
task, to redeliver it after an hour: the ledger has the same information, and its recovery acts within seconds.
"""

from functools import cache
from typing import Any

import structlog
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import dumps
from redis import Connection, Redis
from redis.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from app.composition import redis_server
from app.errors import BrokerUnavailable
from app.queue.keys import QUEUES
from app.queue.malformed_messages import canonical
from app.queue.redis_errors import DescriptiveErrors
from app.queue.server_discovery import RedisServer
from app.settings import settings_or_exit
from tasks.broadcast_envelope import republished
from tasks.worker_process import services

log = structlog.get_logger()


@cache
def server() -> RedisServer:
    """Return how this process reaches Redis."""
    return redis_server(settings_or_exit())


class GuardedPubSub(PubSub):
    """Returns only broadcasts and events in the format in which kombu publishes them."""

    def parse_response(self, *arguments: Any, **options: Any) -> Any:
        """Parse a reply; what kombu could not parse is skipped, as if it were empty."""
        reply = super().parse_response(*arguments, **options)  # type: ignore[no-untyped-call]
        if not reply or reply[0] not in (b"message", b"pmessage"):
            return reply
        published = republished(reply[-1])
        if published is None:
            log.warning("broadcast.malformed", length=len(reply[-1]))
        return [*reply[:-1], published]


class GuardedRedis(Redis):
    """A client that returns only nagare's messages from its queues."""

    def pubsub(self, **options: Any) -> PubSub:
        """Return the subscriber."""
        return GuardedPubSub(self.connection_pool, **options)

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        """Parse a reply; an element that is not a message is set aside, as if the list had been empty."""
        reply = super().parse_response(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not reply:
            return reply
        key, element = reply
        name = server().keys.name_for_celery(key.decode() if isinstance(key, bytes) else key)
        if name not in QUEUES.values():
            return name, element  # a reply to `celery inspect`
        message = canonical(name, element)
        if message is not None:
            return name, message
        log.warning("message.malformed", queue=name, length=len(element))
        try:
            services(pooled=False).queue.malformed_elements.set_aside(name, element)
        except BrokerUnavailable as error:
            log.warning("message.malformed_lost", queue=name, error=str(error), element=str(element[:200]))
        return None


class QoS(virtual.QoS):
    """The messages that the worker holds, only in its memory; restored at shutdown where possible."""

    def restore_visible(self, **_: Any) -> None:
        """Do nothing: no message of a lost worker is in Redis, recovery publishes its tasks."""

    def restore_unacked(self) -> list[Any]:
        """Put the messages back into their lists; recovery publishes those that cannot be put back."""
        self._flush()
        held = [*self._delivered.values()]
        self._delivered.clear()
        try:
            for message in held:
                self.channel._restore(message)
        except RedisError as error:
            log.warning("messages.not_restored", count=len(held), error=str(error))
        return []


class Channel(kombu_redis.Channel):
    """A channel with the guarded client, which raises the right error once it is closed."""

    QoS = QoS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # On a Cluster these must also be on the server that the channel is connected to.
        for attribute in ("keyprefix_queue", "keyprefix_binding_deadlines", "keyprefix_binding_permanent"):
            setattr(self, attribute, server().keys.of_celery(getattr(type(self), attribute)))
        super().__init__(*arguments, **options)

    def _restore(self, message: Any, leftmost: bool = False) -> None:  # noqa: ARG002 - the signature is kombu's
        """Put a message back to where the next one is taken from."""
        with self.conn_or_acquire() as client:
            client.rpush(server().keys.of_celery(message.delivery_info["routing_key"]), dumps(message._raw))

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the connection was closed")
        # Without certificate options kombu itself would connect to rediss:// unencrypted.
        found = server().options
        self.connection_class = self.connection_class_ssl = found.get("connection_class", Connection)
        own = {name: value for name, value in found.items() if name not in ("host", "port", "connection_class")}
        options = {**super()._connparams(asynchronous), **own}
        # For a Unix socket kombu chooses its own class.
        if not issubclass(options["connection_class"], DescriptiveErrors):
            options["connection_class"] = type("Connection", (DescriptiveErrors, options["connection_class"]), {})
        return options

    def _q_for_pri(self, queue: str, pri: Any) -> str:  # noqa: ARG002 - the signature is kombu's
        """Return the list of a queue; there is only one priority."""
        return server().keys.of_celery(queue)

    def _size(self, queue: str) -> int:
        """Return a list's length, and 0 if it is not a list: the worker must start in order to repair that."""
        try:
            return int(super()._size(queue))
        except ResponseError as error:
            log.warning("queue.not_counted", queue=queue, error=str(error))
            return 0

    def _get_client(self) -> type[Redis]:
        return GuardedRedis


class Transport(kombu_redis.Transport):
    """kombu's Redis transport with the guarded channel."""

    Channel = Channel
