"""Has a worker's consumer leave alone the queues that are paused."""

from celery.worker.consumer import Consumer

from app.queue.keys import QUEUES
from tasks.stall_detection import taken


class Pauses:
    """Takes queues from a consumer when they are paused, and gives back only what it took.

    Celery keeps what a consumer left alone when it connects anew, and so does this.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def follow(self, consumer: Consumer, paused: set[str]) -> None:
        """Make the consumer one of all its queues but those of the paused types."""
        for type_ in paused.intersection(taken(consumer)):
            consumer.cancel_task_queue(QUEUES[type_])
            self._taken.add(type_)
        for type_ in self._taken - paused:
            consumer.add_task_queue(QUEUES[type_])
            self._taken.remove(type_)
