"""The Redis list of dead letters, newest first, that people read with `LRANGE`. The ledger can rebuild it anytime."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.queue.connection import Broker

FIELDS = ("task_id", "type", "params", "reason", "error", "attempts", "worker", "created_at", "dead_at")
ERROR_LENGTH = 2000
ELEMENT_BATCH_SIZE = 1000


def element(letter: Mapping[Any, Any]) -> str:
    """Return a dead letter's list element: always the same text for the same letter, so that it can be removed by
    value."""
    shown = {name: _plain(letter[name]) for name in FIELDS}
    shown["error"] = (shown["error"] or "")[:ERROR_LENGTH]
    return json.dumps(shown, ensure_ascii=False, sort_keys=False)


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


class DeadLetterList:
    """Writes and counts the list. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def push(self, letters: Sequence[Mapping[Any, Any]]) -> None:
        """Add letters, the oldest first in the argument."""
        if letters:
            with self._broker.use() as redis:
                redis.lpush(self._broker.keys.dead_letters, *map(element, letters))

    def remove(self, letters: Sequence[Mapping[Any, Any]]) -> None:
        """Remove letters."""
        if letters:
            with self._broker.use() as redis:
                pipeline = redis.pipeline(transaction=False)
                for letter in letters:
                    pipeline.lrem(self._broker.keys.dead_letters, 0, element(letter))
                pipeline.execute()

    def count(self) -> int:
        """Return the list's length."""
        with self._broker.use() as redis:
            return int(redis.llen(self._broker.keys.dead_letters))

    def holds(self, letters: Sequence[Mapping[Any, Any]]) -> bool:
        """Return whether the list contains exactly these letters, in any order."""
        with self._broker.use() as redis:
            if redis.llen(self._broker.keys.dead_letters) != len(letters):
                return False
            return Counter(redis.lrange(self._broker.keys.dead_letters, 0, -1)) == Counter(map(element, letters))

    def rebuild(self, letters: Sequence[Mapping[Any, Any]]) -> None:
        """Replace the whole list atomically by these letters, the oldest first in the argument."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=True)
            pipeline.delete(self._broker.keys.dead_letters)
            for start in range(0, len(letters), ELEMENT_BATCH_SIZE):
                pipeline.lpush(
                    self._broker.keys.dead_letters, *map(element, letters[start : start + ELEMENT_BATCH_SIZE])
                )
            pipeline.execute()
