"""Matches alert events with routes, where alerts come in and each second, and creates the messages each second."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import RouteTarget
from app.rules.response import decision_reasons as reasons
from app.rules.response.decision_reasons import Reason, suppressed_meanwhile
from app.rules.response.notifications import Change, Rule, due_at, is_quiet, to_notify
from app.rules.response.routes import Route, Tree, is_told_elsewhere
from app.rules.task_params.notify import Notify
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.periodic import Interval
from app.services.response.changes import read_changes
from app.services.response.event_matching import EventMatching
from app.store.alerts import quiet_reasons
from app.store.database.engine import Database
from app.store.response import decisions, notification_changes, notification_messages, notifications

log = structlog.get_logger()
EVENT_BATCH_SIZE = 1000
BATCHES_PER_TICK = 20
"""Limits the batches per tick, so that an alert storm does not keep the leader from its other work."""
PROMPT_SHARE = 0.2
"""The largest share of its time in which a process matches promptly: many events cost little more than a few."""
PRUNE_EVERY_S = 60.0
PRUNE_BATCH_SIZE = 500

Row = Mapping[Any, Any]


class Notifier:
    """Every step is guarded, so that two concurrent leaders send nothing twice. Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, outbox: Outbox, matching: EventMatching, history_days: int) -> None:
        self._database = database
        self._matching = matching
        self._outbox = outbox
        self._history_days = history_days
        self._pruning = Interval(PRUNE_EVERY_S)
        self._prompt_again_at = float("-inf")

    def match_promptly(self, *, is_last: bool = False) -> None:
        """Match pending events, unless this process does little else; to be called where alerts were taken in.

        With `is_last` no further call follows soon. Whatever goes wrong is left to the leader: the alerts are stored,
        and their task has done its work.
        """
        begun_at = clock.monotonic()
        if begun_at < self._prompt_again_at and not is_last:
            return
        try:
            with self._database.reading() as connection:
                is_any_pending = notification_changes.is_any_pending(connection)
            if is_any_pending:
                self._match_some()
        except Exception:
            log.exception("events.left_to_the_leader")
        ended_at = clock.monotonic()
        self._prompt_again_at = ended_at + (ended_at - begun_at) * (1 / PROMPT_SHARE - 1)

    def tick(self) -> None:
        """Match the pending events with the routes, and create the messages that are due."""
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
            if self._match_some() < EVENT_BATCH_SIZE:
                return

    def _match_some(self) -> int:
        with self._database.transaction() as connection:
            events = notification_changes.pending_events(connection, EVENT_BATCH_SIZE)
            if events:
                self._matching.match(connection, events)
        self._matching.publish()
        return len(events)

    def _make_messages(self) -> None:
        with self._database.reading() as connection:
            rows = notifications.every(connection)
            oldest = {row["id"]: notification_changes.oldest_unsent(connection, row["id"]) for row in rows}
        now = clock.now()
        for row in rows:
            since, rule = oldest[row["id"]], Rule.from_row(row)
            if since is None:
                continue
            if row["target"] != RouteTarget.CHANNEL:
                self._drop(rule, reasons.ROUTE_CHANGED)
            elif not row["enabled"]:
                self._drop(rule, reasons.ROUTE_DISABLED)
            elif due_at(rule, since) <= now and not is_quiet(rule, now):
                self._create_messages(rule)

    def _drop(self, rule: Rule, reason: Reason) -> None:
        with self._database.transaction() as connection:
            dropped = notification_changes.drop_unsent(connection, rule.id)
            decisions.drop_all(connection, rule.id, reason, clock.now())
        log.info("notification.dropped", notification_id=rule.id, count=dropped, reason=reason["code"])

    def _create_messages(self, rule: Rule) -> None:
        """Create messages for all pending events of a route."""
        for _ in range(BATCHES_PER_TICK):
            task_id = new_task_id(Notify.type)
            with self._database.transaction() as connection:
                # A second leader sees here what the first one left.
                if notifications.lock(connection, rule.id) is None:
                    return
                rows = notification_changes.unsent(connection, rule.id, EVENT_BATCH_SIZE)
                whole = _complete_alerts(rows)
                reported = [change.event_id for change in _sort_out(connection, rule, whole)]
                if reported:
                    self._outbox.record(connection, task_id, Notify(notification_id=rule.id))
                    notification_messages.add(connection, task_id, rule.id, clock.now())
                    notification_changes.assign(connection, rule.id, reported, task_id)
                    decisions.assign(connection, rule.id, reported, task_id)
            if reported:
                self._outbox.publish({task_id: None})
            if len(rows) < EVENT_BATCH_SIZE:
                return


def _sort_out(connection: Connection, rule: Rule, rows: Sequence[Row]) -> list[Change]:
    """Return the changes that are still worth telling; the others are dropped, each with its reason."""
    changes = read_changes(connection, rows)
    is_any_witness = any(change.stands_for_it is not None for change in changes)
    tree = Tree(map(Route.from_row, notifications.every(connection))) if is_any_witness else Tree(())
    left_out = {change.event_id for change in changes if change.suppressed or is_told_elsewhere(tree, rule.id, change)}
    told = to_notify(rule, changes, lambda change: change.event_id in left_out)
    dropped = {row["event_id"]: row["alert_id"] for row in rows}
    for change in told:
        del dropped[change.event_id]
    if dropped:
        why = quiet_reasons.find(connection, sorted({*dropped.values()}), clock.now()) if left_out else {}
        notification_changes.drop(connection, rule.id, sorted(dropped))
        decisions.drop(
            connection,
            rule.id,
            {
                event_id: suppressed_meanwhile(why.get(alert_id, reasons.SUPPRESSED))
                if event_id in left_out
                else reasons.QUIET_HOURS
                for event_id, alert_id in dropped.items()
            },
            clock.now(),
        )
    return told


def _complete_alerts(rows: Sequence[Row]) -> Sequence[Row]:
    """Drop the last alert of a full page: the rest of its changes may be on the next page."""
    whole = [row for row in rows if row["alert_id"] != rows[-1]["alert_id"]] if len(rows) >= EVENT_BATCH_SIZE else rows
    return whole or rows
