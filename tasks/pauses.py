"""Has a worker's consumer leave alone the queues that are paused."""

from collections.abc import Set

from celery.worker.consumer import Consumer

from app.queue.keys import QUEUES


class Pauses:
    """Takes queues from a consumer when they are paused, and gives back only what it took.

    Celery keeps what a consumer left alone when it connects anew, and so does this.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def follow(self, consumer: Consumer, paused: Set[str]) -> None:
        """Make the consumer one of all its queues but those of the paused types."""
        for type_, queue in QUEUES.items():
            if type_ in paused and consumer.task_consumer.consuming_from(queue):
                consumer.cancel_task_queue(queue)
                self._taken.add(queue)
            elif type_ not in paused and queue in self._taken:
                consumer.add_task_queue(queue)
                self._taken.remove(queue)
