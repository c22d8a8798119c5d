"""Publishes alert events: each second the leader reads the new entries of the alerts' histories."""

from collections.abc import Iterable

from app import clock
from app.queue.events import EventLog
from app.rules.live_events import alert_event
from app.services.periodic import Interval
from app.store.alerts import alert_events
from app.store.database.engine import Database

ENTRY_BATCH_SIZE = 1000
BATCHES_PER_TICK = 5
"""Limits the batches per tick, so that an alert storm does not keep the leader from its other work."""
TRIM_EVERY_S = 5.0
LATE_AFTER_S = 60.0
MAX_GAPS = 1000


class AlertEventRelay:
    """Reading the histories adds no cost to changes of alerts, and delivers late what an unavailable Redis missed.

    Methods raise BrokerUnavailable and DatabaseUnavailable. Of two concurrent leaders only one publishes.
    """

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log
        self._last_published: int | None = None
        self._gaps: dict[int, float] = {}
        self._trimming = Interval(TRIM_EVERY_S)

    def tick(self) -> None:
        """Publish the events since the last tick, and trim those that are too old."""
        if self._trimming.is_over():
            # A Redis that lost its data has lost this position too.
            self._last_published = self._log.last_published_alert_event()
            self._log.trim()
        if self._last_published is None:
            self._begin()
        for _ in range(BATCHES_PER_TICK):
            if not self._publish_batch():
                return

    def _begin(self) -> None:
        with self._database.reading() as connection:
            newest = alert_events.newest_id(connection)
        self._log.publish_alert_events([], None, newest)
        self._last_published = self._log.last_published_alert_event()

    def _publish_batch(self) -> bool:
        """Publish one batch of entries; return false when there are no more."""
        last = self._last_published or 0
        gaps = [event_id for event_id, until in self._gaps.items() if until > clock.monotonic()]
        with self._database.reading() as connection:
            late = alert_events.some(connection, gaps) if gaps else []
            entries = alert_events.after(connection, last, ENTRY_BATCH_SIZE)
        if not entries and not late:
            return False
        up_to = max([last, *(entry["event_id"] for entry in entries)])
        if not self._log.publish_alert_events(
            [alert_event(entry) for entry in [*late, *entries]], self._last_published, up_to
        ):
            self._last_published = self._log.last_published_alert_event()
            return False
        published = {entry["event_id"] for entry in late}
        self._gaps = {event_id: self._gaps[event_id] for event_id in gaps if event_id not in published}
        self._remember_gaps(last, [entry["event_id"] for entry in entries])
        self._last_published = up_to
        return len(entries) == ENTRY_BATCH_SIZE

    def _remember_gaps(self, last: int, event_ids: Iterable[int]) -> None:
        """Remember the missing numbers: on PostgreSQL an entry with a lower number can be committed later."""
        until = clock.monotonic() + LATE_AFTER_S
        for event_id in event_ids:
            for missing in range(max(last + 1, event_id - MAX_GAPS), event_id):
                if len(self._gaps) < MAX_GAPS:
                    self._gaps[missing] = until
            last = event_id
