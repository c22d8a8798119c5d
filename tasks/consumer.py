"""Celery's consumer without gossip and mingle."""

from typing import Any

from celery.worker import consumer

from app.queue.keys import QUEUES


class Consumer(consumer.Consumer):
    """A consumer that neither exchanges revoked tasks with other workers (mingle) nor watches them (gossip).

    Mingling costs a second at each start, and many when the worker reconnects after a connection died silently.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "without_mingle": True, "without_gossip": True})

    def add_task_queue(self, queue: str, *arguments: Any, **options: Any) -> None:
        """Consume from a queue, which must be one of nagare's. Raises ValueError."""
        if queue not in QUEUES.values():
            raise ValueError(f"{queue} is not a nagare queue")
        super().add_task_queue(queue, *arguments, **options)
