"""The counters of all processes on all machines, in one hash: each process adds its increments."""

import json
from collections.abc import Mapping, Sequence

from app.metrics_registry import Field
from app.queue.connection import Broker


class MetricSums:
    """The sums. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def add(self, amounts: Mapping[Field, float]) -> None:
        """Add to the sums in one transaction: a failure in the middle adds nothing."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=True)
            for field, amount in amounts.items():
                pipeline.hincrbyfloat(self._broker.keys.measures, json.dumps(field), amount)
            pipeline.execute()

    def read(self) -> dict[Field, float]:
        """Return the sums."""
        with self._broker.use() as redis:
            found = redis.hgetall(self._broker.keys.measures)
        return dict(filter(None, (_sum(field, amount) for field, amount in found.items())))

    def forget(self, fields: Sequence[Field]) -> None:
        """Remove some of the sums."""
        with self._broker.use() as redis:
            redis.hdel(self._broker.keys.measures, *map(json.dumps, fields))


def _sum(text: str | bytes, amount: str | bytes) -> tuple[Field, float] | None:
    """Return a sum with its field; None for anything that nagare did not write."""
    try:
        name, *labels = json.loads(text)
        return (name, *labels), float(amount)
    except (ValueError, TypeError, RecursionError):
        return None
