"""The stream of events: how it is written, read and trimmed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError, WatchError

from app import clock
from app.errors import BrokerUnavailable
from app.queue.connection import Broker, Command
from app.rules.live_events import Event

log = structlog.get_logger()
KEPT = timedelta(minutes=11)
"""A minute more than promised, because clocks differ."""
LENGTH_CAP = 200_000
FIELD = "e"
BEGINNING = "0-0"

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

EventId = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the stream; `text` is its JSON including the id."""

    id: str
    event: Event
    text: str
    position: EventId
    """Its position in the stream, for comparison."""


def parse_id(id: str) -> EventId:
    """Return the sort key of an id. Raises ValueError for an invalid one."""
    milliseconds, _, number = id.partition("-")
    return int(milliseconds), int(number or 0)


def event_commands(key: str, events: Iterable[Event]) -> list[Command]:
    """Return the commands that write events to the stream `key`."""
    return [("XADD", key, "MAXLEN", "~", LENGTH_CAP, "*", FIELD, _to_json(event)) for event in events]


class EventLog:
    """Writes and reads the stream. Only the methods that say so raise BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def add(self, events: Sequence[Event]) -> None:
        """Write events, or lose them when Redis is unavailable: nothing else waits or fails because of them."""
        if not events:
            return
        try:
            results = self._broker.send(event_commands(self._broker.keys.events, events))
        except BrokerUnavailable as error:
            log.info("events.lost", count=len(events), error=str(error))
            return
        refused = [result for result in results if isinstance(result, RedisError)]
        if refused:
            log.warning("events.lost", count=len(refused), error=str(refused[0]))

    def flush(self) -> None:
        """Do nothing: added events are already written. See `EventBuffer`."""

    def trim(self) -> None:
        """Trim what is older than a client may ask for. Raises BrokerUnavailable."""
        oldest_ms = int((clock.now() - KEPT).timestamp() * 1000)
        with self._broker.use() as redis:
            redis.xtrim(self._broker.keys.events, minid=f"{oldest_ms}-0", approximate=True)

    def newest_id(self) -> str:
        """Return the id of the last event. Raises BrokerUnavailable."""
        with self._broker.use() as redis:
            newest: Any = redis.xrevrange(self._broker.keys.events, count=1)
        return str(newest[0][0]) if newest else BEGINNING

    def is_whole_since(self, last_id: str) -> bool:
        """Return whether the event with this id, or an older one, still exists. Raises BrokerUnavailable."""
        with self._broker.use() as redis:
            oldest: Any = redis.xrange(self._broker.keys.events, count=1)
        return bool(oldest) and parse_id(str(oldest[0][0])) <= parse_id(last_id)

    def since(self, last_id: str, count: int) -> list[Entry]:
        """Return the first events after one. Raises BrokerUnavailable."""
        with self._broker.use() as redis:
            found: Any = redis.xrange(self._broker.keys.events, min=f"({last_id}", count=count)
        return [_entry(id, fields) for id, fields in found]

    def wait_for_more(self, last_id: str, count: int, wait_ms: int) -> list[Entry]:
        """Return the first events after one, blocking for the next if there are none. Raises BrokerUnavailable."""
        with self._broker.use() as redis:
            found: Any = redis.xread({self._broker.keys.events: last_id}, count=count, block=wait_ms)
        return [_entry(id, fields) for _, entries in (found or ()) for id, fields in entries]

    def last_published_alert_event(self) -> int | None:
        """Return the id of the last alert event that was written to the stream. Raises BrokerUnavailable."""
        with self._broker.use() as redis:
            told = redis.get(self._broker.keys.alert_events_told)
        return _number(told)

    def publish_alert_events(self, events: Sequence[Event], told: int | None, up_to: int) -> bool:
        """Write alert events; false if another process has written since `told`. Raises BrokerUnavailable."""
        with self._broker.use() as redis, redis.pipeline(transaction=True) as pipeline:
            pipeline.watch(self._broker.keys.alert_events_told)
            now: Any = pipeline.get(self._broker.keys.alert_events_told)
            if _number(now) != told:
                return False
            pipeline.multi()
            for command in event_commands(self._broker.keys.events, events):
                pipeline.execute_command(*command)
            pipeline.set(self._broker.keys.alert_events_told, up_to)
            try:
                pipeline.execute(raise_on_error=False)
            except WatchError:
                return False
        return True


def _number(text: Any) -> int | None:
    """Return an entry's number; None also for entries that nagare did not write."""
    return int(text) if str(text).isdecimal() and str(text).isascii() and len(str(text)) < 20 else None


def _entry(id: Any, fields: Any) -> Entry:
    text = (fields or {}).get(FIELD, "{}")
    try:
        event = json.loads(text)
        event = event if isinstance(event, dict) else {}
    except (ValueError, RecursionError):
        event = {}
    return Entry(str(id), event, _to_json({"id": str(id), **event}), parse_id(str(id)))
