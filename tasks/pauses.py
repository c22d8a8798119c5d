"""Makes a worker's consumer skip paused queues."""

from celery.worker.consumer import Consumer

from app.queue.keys import QUEUES
from tasks.stall_detection import taken


class Pauses:
    """Removes paused queues from a consumer, and adds back only those that it removed.

    Celery remembers removed queues when it reconnects, and so does this.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def follow(self, consumer: Consumer, paused: set[str]) -> None:
        """Make the consumer consume all its queues except those of the paused types."""
        for type_ in paused.intersection(taken(consumer)):
            consumer.cancel_task_queue(QUEUES[type_])
            self._taken.add(type_)
        for type_ in self._taken - paused:
            consumer.add_task_queue(QUEUES[type_])
            self._taken.remove(type_)
