"""List elements that are not nagare messages: set aside, so that the worker survives and people can see them."""

import json

from app.queue.connection import Broker
from app.queue.keys import QUEUE_PREFIX
from app.queue.publisher import message, message_id

TEXT_LENGTH = 2000


def canonical(queue: str, element: bytes | str) -> str | None:
    """Return the message that nagare itself would have written for an element of a queue; None for anything else.

    Only the id is taken. Anything else in an element, such as callbacks, a time limit or a reply queue, never reaches
    Celery, so that write access to Redis cannot be used to run code.
    """
    task_id = message_id(element)
    type_ = queue.removeprefix(QUEUE_PREFIX)
    return None if task_id is None or not task_id.startswith(f"{type_}:") else message(type_, task_id)


class MalformedElements:
    """The list of elements that were set aside. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def set_aside(self, queue: str, element: bytes | str) -> None:
        """Set aside an element of a queue, truncated."""
        text = element if isinstance(element, str) else element[: 4 * TEXT_LENGTH].decode(errors="replace")
        note = json.dumps(
            {"type": queue.removeprefix(QUEUE_PREFIX), "length": len(element), "text": text[:TEXT_LENGTH]}
        )
        with self._broker.use() as redis:
            redis.lpush(self._broker.keys.malformed, note)

    def oldest(self, limit: int) -> list[str]:
        """Return the oldest entries."""
        with self._broker.use() as redis:
            return [str(note) for note in redis.lrange(self._broker.keys.malformed, -limit, -1)]

    def remove(self, notes: list[str]) -> None:
        """Remove entries that are recorded elsewhere."""
        if notes:
            with self._broker.use() as redis:
                pipeline = redis.pipeline(transaction=False)
                for note in notes:
                    pipeline.lrem(self._broker.keys.malformed, -1, note)
                pipeline.execute()
