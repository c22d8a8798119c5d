"""Puts Celery messages into the queues' lists.

A message carries a task's name and its id, nothing else: the parameters are read from the ledger. It is written here in
the form of Celery's task protocol 2 inside kombu's envelope for Redis, and pushed as kombu does it, since
`send_task` costs several times as much and cannot push many at once.
"""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from redis.exceptions import RedisError

from app.enums import TaskType
from app.queue.connection import Broker
from app.queue.events import event_commands
from app.queue.keys import QUEUES
from app.rules.live_events import Event

MESSAGE_BATCH_SIZE = 1000
ID = "{task-id}"
TASK_ID = re.compile("[a-z_]{1,32}:[0-9a-f-]{36}")


def task_name(type: str) -> str:
    """Return Celery's name for a task type."""
    return f"tasks.{type}"


def headers(type: str, task_id: str) -> dict[str, Any]:
    """Return the headers of a task's message."""
    return {
        "lang": "py",
        "task": task_name(type),
        "id": task_id,
        "root_id": task_id,
        "parent_id": None,
        "group": None,
        "argsrepr": f"('{task_id}',)",
        "kwargsrepr": "{}",
        "retries": 0,
        "eta": None,
        "expires": None,
        "timelimit": [None, None],
        "origin": "nagare",
        "ignore_result": True,
    }


def _template(type: str) -> tuple[str, str]:
    """Return the text before and after the body of a message with the id `ID`."""
    properties = {
        "correlation_id": ID,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": QUEUES[type]},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": ID,
    }
    envelope = {
        "body": "{body}",
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers(type, ID),
        "properties": properties,
    }
    before, _, after = json.dumps(envelope).partition("{body}")
    return before, after


TEMPLATES = {str(type_): _template(type_) for type_ in TaskType}
OPTIONS = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def body(task_id: str) -> bytes:
    """Return the body of a task's message: its only argument is the task id."""
    return json.dumps([[task_id], {}, OPTIONS]).encode()


def message(type: str, task_id: str) -> str:
    """Return a task's message: always the same text for the same task, so that it can be removed by value."""
    before, after = TEMPLATES[type]
    return before + base64.b64encode(body(task_id)).decode() + after.replace(ID, task_id)


def message_id(element: str | bytes) -> str | None:
    """Return the task id of a list element; None when it is not a message."""
    try:
        task_id = json.loads(element)["headers"]["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return task_id if isinstance(task_id, str) and TASK_ID.fullmatch(task_id) else None


class Publisher(Protocol):
    """Publishes tasks, and removes the messages of cancelled ones. All methods raise BrokerUnavailable."""

    def publish(self, tasks: Sequence[tuple[str, str]], events: Sequence[Event] = ()) -> None:
        """Send the messages of these (type, task id); after an error some may have arrived.

        `events` go with them, before a worker can publish the next ones; an event that Redis refuses is not an error.
        """

    def withdraw(self, tasks: Iterable[tuple[str, str]]) -> None:
        """Remove the messages of these (type, task id) that are still waiting, where the broker allows it."""

    def lost(self, type: str, task_ids: Sequence[str]) -> list[str]:
        """Return which of these tasks need another message, because theirs does not seem to be waiting."""


class RedisPublisher:
    """Publishes to the queues' lists."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def publish(self, tasks: Sequence[tuple[str, str]], events: Sequence[Event] = ()) -> None:
        """Push the messages of these (type, task id); see Publisher."""
        for start in range(0, len(tasks), MESSAGE_BATCH_SIZE):
            chunk = tasks[start : start + MESSAGE_BATCH_SIZE]
            by_type: dict[str, list[str]] = {}
            for type_, task_id in chunk:
                by_type.setdefault(type_, []).append(message(type_, task_id))
            commands = event_commands(self._broker.keys.events, events[start : start + MESSAGE_BATCH_SIZE])
            commands += [("LPUSH", self._broker.keys.queues[type_], *those) for type_, those in by_type.items()]
            with self._broker.use():
                for answer in self._broker.send(commands)[-len(by_type) :]:
                    if isinstance(answer, RedisError):
                        raise answer

    def withdraw(self, tasks: Iterable[tuple[str, str]]) -> None:
        """Remove the messages of these (type, task id); see Publisher.

        Searches from the end with the oldest messages. A second copy of a message stays; a worker refuses it.
        """
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for type_, task_id in tasks:
                pipeline.lrem(self._broker.keys.queues[type_], -1, message(type_, task_id))
            pipeline.execute()

    def lost(self, type: str, task_ids: Sequence[str]) -> list[str]:
        """Return which of these tasks have no waiting message. Raises BrokerUnavailable."""
        waiting = self.waiting_ids(type)
        return [task_id for task_id in task_ids if task_id not in waiting]

    def waiting_ids(self, type: str) -> set[str]:
        """Return the ids of the tasks whose messages are waiting in a type's list. Raises BrokerUnavailable.

        Reads from the head, where new messages arrive, to the tail, where workers take them. A message can be seen
        twice when others arrive meanwhile, but none that stays is missed.
        """
        found: set[str] = set()
        start = 0
        while True:
            with self._broker.use() as redis:
                elements = redis.lrange(self._broker.keys.queues[type], start, start + MESSAGE_BATCH_SIZE - 1)
            found.update(task_id for element in elements if (task_id := message_id(element)))
            if len(elements) < MESSAGE_BATCH_SIZE:
                return found
            start += MESSAGE_BATCH_SIZE
