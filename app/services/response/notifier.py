"""Matches alert events with notifications and creates the messages; the leader runs it each second."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind
from app.rules.response.notifications import Rule, does_match, due_at, is_quiet, to_notify
from app.rules.task_params.notify import Notify
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.periodic import Interval
from app.services.response.changes import read_changes
from app.store.database.engine import Database
from app.store.response import notification_changes, notification_messages, notifications

log = structlog.get_logger()
EVENT_BATCH_SIZE = 1000
BATCHES_PER_TICK = 20
"""Limits the batches per tick, so that an alert storm does not keep the leader from its other work."""
PRUNE_EVERY_S = 60.0
PRUNE_BATCH_SIZE = 500

Row = Mapping[Any, Any]


class Notifier:
    """Every step is guarded, so that two concurrent leaders send nothing twice. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, outbox: Outbox, history_days: int) -> None:
        self._database = database
        self._outbox = outbox
        self._history_days = history_days
        self._pruning = Interval(PRUNE_EVERY_S)

    def tick(self) -> None:
        """Match the pending events with the notifications, and create the messages that are due."""
        with self._database.reading() as connection:
            is_any_pending = notification_changes.is_any_pending(connection)
            is_any_unsent = notification_changes.is_any_unsent(connection)
        if is_any_pending:
            self._match_events()
        if is_any_pending or is_any_unsent:
            self._make_messages()

    def prune(self) -> None:
        """Delete old messages, each minute, a few at a time."""
        if not self._pruning.is_over():
            return
        with self._database.transaction() as connection:
            before = clock.now() - timedelta(days=self._history_days)
            notification_messages.prune(connection, before, PRUNE_BATCH_SIZE)

    def _match_events(self) -> None:
        for _ in range(BATCHES_PER_TICK):
            with self._database.transaction() as connection:
                events = notification_changes.pending_events(connection, EVENT_BATCH_SIZE)
                if not events:
                    return
                rules = [Rule.from_row(row) for row in notifications.enabled(connection)]
                changes = read_changes(connection, events)
                known = _known_already(connection, events)
                concerned = [
                    {"notification_id": rule.id, "event_id": change.event_id}
                    for rule in rules
                    for change in changes
                    if does_match(rule, change) and (rule.id, change.event_id) not in known
                ]
                notification_changes.add(connection, concerned)
                notification_changes.settle_events(connection, [event["event_id"] for event in events])
            if len(events) < EVENT_BATCH_SIZE:
                return

    def _make_messages(self) -> None:
        with self._database.reading() as connection:
            rows = notifications.every(connection)
            oldest = {row["id"]: notification_changes.oldest_unsent(connection, row["id"]) for row in rows}
        now = clock.now()
        for row in rows:
            since, rule = oldest[row["id"]], Rule.from_row(row)
            if since is None:
                continue
            if not row["enabled"]:
                self._drop(rule)
            elif due_at(rule, since) <= now and not is_quiet(rule, now):
                self._create_messages(rule)

    def _drop(self, rule: Rule) -> None:
        with self._database.transaction() as connection:
            dropped = notification_changes.drop_unsent(connection, rule.id)
        log.info("notification.dropped", notification_id=rule.id, count=dropped)

    def _create_messages(self, rule: Rule) -> None:
        """Create messages for all pending events of a notification."""
        for _ in range(BATCHES_PER_TICK):
            task_id = new_task_id(Notify.type)
            with self._database.transaction() as connection:
                # A second leader sees here what the first one left.
                if notifications.lock(connection, rule.id) is None:
                    return
                rows = notification_changes.unsent(connection, rule.id, EVENT_BATCH_SIZE)
                whole = _complete_alerts(rows)
                reported = [change.event_id for change in to_notify(rule, read_changes(connection, whole))]
                dropped = {row["event_id"] for row in whole} - {*reported}
                notification_changes.drop(connection, rule.id, sorted(dropped))
                if reported:
                    self._outbox.record(connection, task_id, Notify(notification_id=rule.id))
                    notification_messages.add(connection, task_id, rule.id, clock.now())
                    notification_changes.assign(connection, rule.id, reported, task_id)
            if reported:
                self._outbox.publish({task_id: None})
            if len(rows) < EVENT_BATCH_SIZE:
                return


def _known_already(connection: Connection, events: Sequence[Row]) -> set[tuple[int, int]]:
    """Return the notifications to which the return of an alert is no news, with its event: they never left it out."""
    returned = [event["event_id"] for event in events if event["kind"] == AlertEventKind.RETURNED]
    return notification_changes.told_as_witnesses(connection, returned) if returned else set()


def _complete_alerts(rows: Sequence[Row]) -> Sequence[Row]:
    """Drop the last alert of a full page: the rest of its changes may be on the next page."""
    whole = [row for row in rows if row["alert_id"] != rows[-1]["alert_id"]] if len(rows) >= EVENT_BATCH_SIZE else rows
    return whole or rows
