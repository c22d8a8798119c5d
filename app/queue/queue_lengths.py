"""The lengths of the lists, and a check that all keys have the right Redis type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from app.queue.connection import Broker
from app.queue.publisher import message_id

log = structlog.get_logger()
NO_LIST = "WRONGTYPE"
"""The start of Redis's error for a command on a key of another type."""


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """The length of each type's list, and the keys that should be lists but are not."""

    lengths: Mapping[str, int]
    is_any_malformed: bool
    no_lists: Sequence[str]


class QueueLengths:
    """Counts waiting messages. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker, self._keys = broker, broker.keys
        lists = (*self._keys.queues.values(), self._keys.dead_letters, self._keys.malformed)
        self._others = {
            self._keys.workers: "set",
            self._keys.measures: "hash",
            self._keys.events: "stream",
            self._keys.recovery_leader: "string",
            self._keys.alert_events_told: "string",
        }
        self._types = {**dict.fromkeys(lists, "list"), **self._others}

    def read(self) -> dict[str, int]:
        """Return the length of each type's list and of the dead letters, in one round trip."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in (*self._keys.queues.values(), self._keys.dead_letters):
                pipeline.llen(key)
            lengths = pipeline.execute()
        return dict(zip([*self._keys.queues, "dead"], lengths, strict=True))

    def ping(self) -> None:
        """Check that the broker is available, if it is not Redis itself."""

    def next_ids(self) -> list[str] | None:
        """Return the ids of the tasks that workers take next, one per non-empty type; None if they are unknown."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in self._keys.queues.values():
                pipeline.lindex(key, -1)
            elements = pipeline.execute()
        return [task_id for element in elements if element and (task_id := message_id(element))]

    def snapshot(self) -> QueueSnapshot:
        """Return the lengths and the keys of a wrong type, in one round trip."""
        keys = (*self._keys.queues.values(), self._keys.dead_letters, self._keys.malformed)
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in keys:
                pipeline.llen(key)
            lengths = dict(zip(keys, pipeline.execute(raise_on_error=False), strict=True))
            refused = {key: length for key, length in lengths.items() if isinstance(length, RedisError)}
            for error in refused.values():
                if not str(error).startswith(NO_LIST):
                    raise error
        counts = {type_: lengths[key] for type_, key in self._keys.queues.items() if key not in refused}
        return QueueSnapshot(counts, is_any_malformed=bool(lengths[self._keys.malformed]), no_lists=tuple(refused))

    def misplaced(self) -> list[str]:
        """Return the other keys of nagare that have a wrong Redis type."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            for key in self._others:
                pipeline.type(key)
            found = dict(zip(self._others, pipeline.execute(), strict=True))
        return [key for key, type_ in found.items() if type_ not in (self._types[key], "none")]

    def make_room(self, keys: Sequence[str]) -> None:
        """Rename keys of a wrong type, on which every command would fail."""
        with self._broker.use() as redis:
            for key in keys:
                type_ = redis.type(key)
                if type_ not in (self._types[key], "none"):
                    redis.rename(key, self._keys.aside(key))
                    log.error("key.set_aside", key=key, type=type_, now=self._keys.aside(key))
