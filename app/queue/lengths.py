"""The lists themselves: how long they are, and that they are lists."""

import structlog

from app.queue.connection import Broker
from app.queue.keys import DEAD_LETTERS, MALFORMED, QUEUE_KEYS, aside_key
from app.queue.publisher import message_id

log = structlog.get_logger()


class QueueLengths:
    """Counts waiting messages. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def read(self) -> dict[str, int]:
        """Return each type's length and that of the dead letters, in one round trip."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in (*QUEUE_KEYS.values(), DEAD_LETTERS):
                pipeline.llen(key)
            lengths = pipeline.execute()
        return dict(zip([*map(str, QUEUE_KEYS), "dead"], lengths, strict=True))

    def next_ids(self) -> list[str]:
        """Return the ids of the tasks that workers take next, of each type that has any."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in QUEUE_KEYS.values():
                pipeline.lindex(key, -1)
            elements = pipeline.execute()
        return [task_id for element in elements if element and (task_id := message_id(element))]

    def make_room(self) -> bool:
        """Rename what stands in the place of a list without being one: every command on it would fail.

        Tell whether any elements were set aside.
        """
        keys = (*QUEUE_KEYS.values(), DEAD_LETTERS, MALFORMED)
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in keys:
                pipeline.type(key)
            types = dict(zip(keys, pipeline.execute(), strict=True))
            for key, type_ in types.items():
                if type_ not in ("list", "none"):
                    redis.rename(key, aside_key(key))
                    log.error("key.set_aside", key=key, type=type_, now=aside_key(key))
        return bool(types[MALFORMED] == "list")
