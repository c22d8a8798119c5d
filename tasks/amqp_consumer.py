"""Celery's consumer for RabbitMQ, which accepts only nagare's messages."""

from collections.abc import Callable
from typing import Any

import structlog

from app.errors import BrokerUnavailable
from app.queue.keys import QUEUE_PREFIX
from app.queue.publisher import TASK_ID, body, headers
from tasks.consumer import Consumer
from tasks.worker_process import services

log = structlog.get_logger()


class AmqpConsumer(Consumer):
    """A consumer that passes to Celery only what nagare itself would have written."""

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """Return the message handler; a message that is not nagare's is set aside."""
        handle = super().create_task_handler(*arguments, **options)

        def take(message: Any) -> None:
            if make_canonical(message):
                handle(message)
            else:
                _set_aside(message)

        return take


def make_canonical(message: Any) -> bool:
    """Strip a message down to its task id; False when it has no id that belongs to its queue.

    Anything else in it, such as callbacks, a time limit or a reply queue, never reaches Celery, so that write access to
    RabbitMQ cannot be used to run code.
    """
    type_ = _queue(message).removeprefix(QUEUE_PREFIX)
    given = message.headers if isinstance(message.headers, dict) else {}
    task_id = given.get("id")
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id) or not task_id.startswith(f"{type_}:"):
        return False
    message.headers = headers(type_, task_id)
    message.body = body(task_id)
    message.content_type, message.content_encoding = "application/json", "utf-8"
    message.properties = {"correlation_id": task_id, "delivery_mode": 2, "priority": 0}
    return True


def _set_aside(message: Any) -> None:
    element = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    queue = _queue(message)
    log.warning("message.malformed", queue=queue, length=len(element))
    try:
        services(pooled=False).queue.malformed_elements.set_aside(queue, element)
    except BrokerUnavailable as error:
        log.warning("message.malformed_lost", queue=queue, error=str(error), element=str(element[:200]))
    message.ack()


def _queue(message: Any) -> str:
    return str((message.delivery_info or {}).get("routing_key", ""))
