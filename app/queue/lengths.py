"""How long the lists are."""

from app.queue.connection import Broker
from app.queue.keys import DEAD_LETTERS, QUEUE_KEYS


class QueueLengths:
    """Counts waiting messages."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def read(self) -> dict[str, int]:
        """Return each type's length and that of the dead letters, in one round trip. Raises BrokerUnavailable."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in (*QUEUE_KEYS.values(), DEAD_LETTERS):
                pipeline.llen(key)
            lengths = pipeline.execute()
        return dict(zip([*map(str, QUEUE_KEYS), "dead"], lengths, strict=True))
