"""Flower's configuration, which it reads itself from the folder in which it starts."""

import asyncio
from collections.abc import Iterable
from typing import Any

from flower.views import BaseHandler  # type: ignore[import-untyped]
from flower.views.monitor import Metrics  # type: ignore[import-untyped]
from tornado.web import authenticated

from app.composition import redis_server
from app.queue.connection import Broker, connect
from app.settings import settings_or_exit

# Flower would tell anybody how many tasks of each type a worker runs: now its password protects this too.
Metrics.get = authenticated(Metrics.get)


class RedisQueues:
    """The queue lengths for Flower's broker page.

    Flower's own access to Redis supports no Cluster, asks only one Sentinel, and reads the password from a URL that
    Celery would have to know.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def queues(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return how many messages wait in each of these Celery queues. Raises BrokerUnavailable."""
        wanted = sorted(names)
        lengths = await asyncio.to_thread(self._lengths, wanted)
        return [{"name": name, "messages": length} for name, length in zip(wanted, lengths, strict=True)]

    def _lengths(self, names: list[str]) -> list[Any]:
        return self._broker.send([("LLEN", self._broker.keys.of_celery(name)) for name in names])


settings = settings_or_exit()
if not settings.amqp_url.get_secret_value():
    queues = RedisQueues(connect(redis_server(settings)))
    BaseHandler.get_broker = lambda _: queues
