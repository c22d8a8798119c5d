"""A pool of connections to RabbitMQ for publishing and counting, one for each thread at a time."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from amqp import Connection, Message
from amqp.exceptions import AMQPError, MessageNacked

from app.queue.circuit_breaker import CircuitBreaker
from app.urls.amqp import parse_amqp_url
from app.urls.syntax import shown

CONNECT_TIMEOUT_S = 0.5
ANSWER_TIMEOUT_S = 2.0
"""A confirm may wait for RabbitMQ's disk."""
IDLE_KEPT = 10


def amqp_options(url: str) -> dict[str, Any]:
    """Return the connection options of this URL; `amqps` verifies the server against the system's CAs."""
    address = parse_amqp_url(url)
    return {
        "host": shown(address.node),
        "userid": address.username,
        "password": address.password,
        "virtual_host": address.virtual_host,
        "ssl": verified(address.node[0]) if address.is_secure else False,
    }


def verified(host: str) -> dict[str, Any]:
    """Return how a TLS connection verifies the server."""
    return {
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": ssl.get_default_verify_paths().cafile,
        "server_hostname": host,
    }


class AmqpConnection:
    """A connection with one channel in confirm mode."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._connection = Connection(
            **options,
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=ANSWER_TIMEOUT_S,
            write_timeout=ANSWER_TIMEOUT_S,
        )
        self._connection.connect()
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._confirm)
        self._channel.events["basic_nack"].add(self._refuse)
        self._declared: set[str] = set()
        self._unconfirmed: set[int] = set()
        self._sent = 0

    def publish(self, messages: Sequence[tuple[str, Message]]) -> None:
        """Publish these (queue, message) and wait until RabbitMQ has confirmed all of them."""
        # RabbitMQ confirms messages to a queue that does not exist and drops them. The declaration costs a round trip,
        # so it is done once.
        for queue in {queue for queue, _ in messages} - self._declared:
            self.count(queue)
        for queue, message in messages:
            self._sent += 1
            self._unconfirmed.add(self._sent)
            self._channel.basic_publish(message, routing_key=queue)
        while self._unconfirmed:
            self._connection.drain_events(timeout=ANSWER_TIMEOUT_S)

    def count(self, queue: str) -> int:
        """Return the number of ready messages of a queue; declare it, as a worker would, if it does not exist."""
        count = int(self._channel.queue_declare(queue, durable=True, auto_delete=False).message_count)
        self._declared.add(queue)
        return count

    def close(self) -> None:
        """Close it, even if the server is gone."""
        with suppress(AMQPError, OSError):
            self._connection.collect()

    def _confirm(self, tag: int, multiple: bool) -> None:
        self._unconfirmed -= {each for each in self._unconfirmed if each <= tag} if multiple else {tag}

    def _refuse(self, *_: Any) -> None:
        raise MessageNacked()


class AmqpConnections:
    """A pool of connections. Every use raises BrokerUnavailable when RabbitMQ does not respond or just failed."""

    def __init__(self, url: str) -> None:
        self._options = amqp_options(url)
        self._circuit_breaker = CircuitBreaker("RabbitMQ")
        self._lock = threading.Lock()
        self._idle: list[AmqpConnection] = []

    @contextmanager
    def use(self) -> Iterator[AmqpConnection]:
        """Yield a connection that nobody else uses at the same time."""
        self._circuit_breaker.refuse_while_open()
        try:
            line = self._take() or AmqpConnection(self._options)
        except (AMQPError, OSError) as error:
            raise self._circuit_breaker.trip(error) from error
        try:
            yield line
        except (AMQPError, OSError) as error:
            line.close()
            # The other idle connections are of the same age.
            self.close()
            raise self._circuit_breaker.trip(error) from error
        except BaseException:
            line.close()
            raise
        with self._lock:
            if len(self._idle) < IDLE_KEPT:
                self._idle.append(line)
                return
        line.close()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _take(self) -> AmqpConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None
