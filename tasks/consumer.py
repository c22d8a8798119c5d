"""Celery's consumer without what nagare has no use for."""

from typing import Any

from celery.worker import consumer


class Consumer(consumer.Consumer):
    """A consumer that neither asks its neighbours for revoked tasks (mingle) nor chats with them (gossip).

    Mingling costs a second at each start, and many when the worker connects anew after a connection died silently.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "without_mingle": True, "without_gossip": True})
