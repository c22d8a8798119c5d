"""Takes in webhook deliveries, in the order in which they arrived."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from app import clock
from app.errors import InvalidParams
from app.rules.alerts.alert_reports import AlertReport
from app.rules.progress_messages import ProgressUnit, counted
from app.rules.task_params.alerts import ReceiveAlerts
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.webhooks import receiving, request_task
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.ledger.task_lifecycle import Step, no_step
from app.store.alerts import webhook_deliveries
from app.store.alerts.webhook_deliveries import Delivery
from app.store.database.engine import Database, StatementRefused
from app.store.inventory import monitors
from app.store.ledger import task_fingerprints

log = structlog.get_logger()
REPORT_BATCH_SIZE = 500
GATHER_S = 0.05
RECEIVED_WITHIN = timedelta(seconds=10)
"""Deliveries that are taken in together count as seen at one time, so they must not be far apart."""
FORGOTTEN_AFTER = timedelta(seconds=10)
TASKS_A_DELIVERY = 100
UNUSABLE = (StatementRefused, TypeError, ValueError, LookupError)
"""What a report's content can cause: the database rejects it, or another version of nagare wrote it."""

Reports = Sequence[Mapping[str, Any]]


class WebhookIntake:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, outbox: Outbox, intake: AlertIntake) -> None:
        self._database = database
        self._outbox = outbox
        self._intake = intake

    def take_in_reports(self, monitor_id: int, reports: Reports, received_at: datetime | None) -> dict[str, int]:
        """Take in reports that were set aside; return counts by effect. Raises InvalidParams for one without sense."""
        with self._database.transaction() as connection:
            set_aside = _reports_set_aside(reports)
            return self._intake.take_in(connection, monitor_id, set_aside, received_at or clock.now())

    def take_in(self, task_id: str, monitor_id: int, step: Step = no_step) -> dict[str, int]:
        """Take in a monitor's waiting deliveries, the work of a task; return counts by effect.

        Deliveries are deleted in the same transaction: an interrupted run loses and duplicates nothing. As soon as the
        stand-by runs, the rest is left to that. Raises TaskInterrupted.
        """
        counts = Counter[str]()
        while True:
            try:
                taken = self._take_some(monitor_id, REPORT_BATCH_SIZE)
            except UNUSABLE:
                taken = self._take_one(monitor_id)
            if taken is None and self._is_done(monitor_id, task_id):
                return dict(counts)
            counts.update(taken or {})
            step(counts["seen"], None, counted((counts["seen"], ProgressUnit.ALERTS)))
            if self._is_left_to_another(monitor_id, task_id):
                return dict(counts)
            if taken is not None and taken.get("seen", 0) < REPORT_BATCH_SIZE // 4:
                # If alerts arrive one by one, let some accumulate: each round costs as much as many alerts.
                clock.sleep(GATHER_S)

    def tick(self) -> None:
        """Request tasks for deliveries that no task will take in; not while a dead one waits for a person."""
        with self._database.reading() as connection:
            waiting = webhook_deliveries.monitors_that_wait(connection, clock.now() - FORGOTTEN_AFTER)
            forgotten = [each for each in waiting if not task_fingerprints.is_any_open(connection, receiving(each))]
        for monitor_id in forgotten:
            task_id = new_task_id(ReceiveAlerts.type)
            with self._database.transaction() as connection:
                asked = request_task(connection, self._outbox, monitor_id, task_id)
            log.warning("deliveries.forgotten", monitor_id=monitor_id, task_id=asked)
            if asked == task_id:
                self._outbox.publish({task_id: None})

    def _is_left_to_another(self, monitor_id: int, task_id: str) -> bool:
        with self._database.reading() as connection:
            return task_fingerprints.is_any_running(connection, receiving(monitor_id), task_id)

    def _is_done(self, monitor_id: int, task_id: str) -> bool:
        """Return whether nothing waits; from then on, whoever records a delivery relies on another task."""
        fingerprint = receiving(monitor_id)
        with self._database.transaction() as connection:
            # Waits for transactions that record a delivery because they saw this task still waiting, or running.
            task_fingerprints.lock_fingerprint(connection, fingerprint)
            if webhook_deliveries.is_there_any(connection, monitor_id):
                return False
            standbys = task_fingerprints.hand_over(connection, fingerprint, task_id, clock.now())
        self._outbox.publish(dict.fromkeys(standbys))
        return True

    def _take_some(self, monitor_id: int, reports: int) -> Mapping[str, int] | None:
        """Take in the oldest deliveries, up to `reports` reports but at least one delivery; None if there is none."""
        with self._database.transaction() as connection:
            monitors.lock(connection, monitor_id)
            found = webhook_deliveries.oldest(connection, monitor_id, reports, RECEIVED_WITHIN)
            if not found:
                return None
            posted = [report for delivery in found for report in delivery.reports]
            counts = self._intake.take_in(connection, monitor_id, _reports(posted), found[-1].received_at)
            webhook_deliveries.remove(connection, [delivery.id for delivery in found])
        return counts

    def _take_one(self, monitor_id: int) -> Mapping[str, int] | None:
        """Take in the oldest delivery alone, or set it aside."""
        try:
            return self._take_some(monitor_id, reports=1)
        except UNUSABLE as error:
            return self._set_aside(monitor_id, error)

    def _set_aside(self, monitor_id: int, error: Exception) -> Mapping[str, int]:
        """Move the reports of the oldest delivery to tasks of their own; those that fail become dead letters."""
        tasks: dict[str, ReceiveAlerts] = {}
        with self._database.transaction() as connection:
            monitors.lock(connection, monitor_id)
            for delivery in webhook_deliveries.oldest(connection, monitor_id, 1, RECEIVED_WITHIN):
                tasks |= _parts(monitor_id, delivery)
                webhook_deliveries.remove(connection, [delivery.id])
            for task_id, params in tasks.items():
                self._outbox.record(connection, task_id, params)
        log.error("delivery.set_aside", monitor_id=monitor_id, task_ids=[*tasks], error=type(error).__name__)
        self._outbox.publish(dict.fromkeys(tasks))
        return {"set_aside": sum(len(params.reports) for params in tasks.values())}


def _parts(monitor_id: int, delivery: Delivery) -> dict[str, ReceiveAlerts]:
    size = -(-len(delivery.reports) // TASKS_A_DELIVERY)
    return {
        new_task_id(ReceiveAlerts.type): ReceiveAlerts(
            monitor_id=monitor_id,
            reports=tuple(delivery.reports[start : start + size]),
            received_at=delivery.received_at,
        )
        for start in range(0, len(delivery.reports), size)
    }


def _reports_set_aside(reports: Reports) -> list[AlertReport]:
    found = []
    for place, report in enumerate(reports):
        try:
            found.append(AlertReport.from_dict(report))
        except (TypeError, ValueError, LookupError) as error:
            raise InvalidParams(f"params.reports.{place}: {type(error).__name__}: {error}") from error
    return found


def _reports(posted: Reports) -> list[AlertReport]:
    return [AlertReport.from_dict(report) for report in posted]
