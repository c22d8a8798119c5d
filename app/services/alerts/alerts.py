"""Reads and generates alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import OPEN_STATUSES, AlertEventKind, AlertStatus, Severity
from app.errors import NotFound, TaskFailed
from app.rules.alerts.alert_changes import is_flapping
from app.rules.alerts.generated_alerts import DrawnAlert, HostChoice, comment, draw_alerts
from app.rules.alerts.similar_alerts import elsewhere, same_fault
from app.rules.matchers.matcher import Matchers
from app.rules.matchers.texts import text_of_all
from app.rules.progress_messages import ProgressUnit, counted
from app.services.ledger.task_lifecycle import Step, no_step
from app.store.alerts import alert_events, alerts, raw_reports, suppression
from app.store.alerts.cost_lists import CostList
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import hosts, items
from app.store.machines import witnesses
from app.store.selection.alert_filters import AlertFilter
from app.store.selection.alert_lists import AlertList, AlertPage
from app.store.selection.alert_orders import AlertOrder

TEST_SOURCE = "test"
ALERT_BATCH_SIZE = 1000
COSTS = ("cost", "-cost")
DEAREST_FIRST = "-cost"


@dataclass(frozen=True, slots=True)
class SimilarAlerts(AlertPage):
    """Alerts that tell one fault, and the matchers, as text, by which they are found."""

    match: str = ""


class AlertService:
    """Methods that name an alert raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, *, window_h: float) -> None:
        self._database = database
        self._window_s = window_h * 3600

    def list(self, page: PageRequest, *, sort: str | None = None, **filters: Any) -> AlertPage:
        """Return a page of alerts, newest first unless `sort` says otherwise; `filters` are those of `AlertFilter.of`.

        In the order of `COSTS`, only alerts that count in the health score are listed. Raises Invalid for an order, a
        cursor or matchers that cannot be read.
        """
        wanted = AlertFilter.of(**filters)
        with self._database.reading() as connection:
            if sort in COSTS:
                costs = CostList(alerts.SHOWN, wanted, self._window_s, is_descending=sort == DEAREST_FIRST)
                found = costs.fetch(connection, page, clock.now())
            else:
                found = AlertList(connection, alerts.SHOWN, wanted, AlertOrder.of(sort)).fetch(page)
        return replace(found, items=[shown(alert) for alert in found.items])

    def get(self, alert_id: int) -> dict[str, Any]:
        """Return one alert, with the alerts of other monitors that tell the same fault in `witnesses`."""
        with self._database.reading() as connection:
            alert = find_or_raise(connection, alert_id)
            return {**shown(alert), "witnesses": witnesses.together(connection, alert_id, alert["witness_of"])}

    def similar(self, page: PageRequest, alert_id: int, status: int | Sequence[int] = OPEN_STATUSES) -> SimilarAlerts:
        """Return a page of the alerts that tell the same fault on other hosts, newest first; open ones by default."""
        with self._database.reading() as connection:
            alert = find_or_raise(connection, alert_id)
            match = elsewhere(alert)
            wanted = replace(AlertFilter.of(status=status), match=match)
            return _without(alert_id, _similar(connection, page, wanted, match))

    def earlier(self, page: PageRequest, alert_id: int) -> SimilarAlerts:
        """Return a page of the alerts that told the same fault on the same host before, newest first."""
        with self._database.reading() as connection:
            alert = find_or_raise(connection, alert_id)
            match = same_fault(alert)
            wanted = AlertFilter(match=match, started_before=alert["started_at"] or alert["first_seen_at"])
            if alert["host_id"] is not None:
                wanted = replace(wanted, host_id=(alert["host_id"],))
            elif alert["host"] is not None:
                wanted = replace(wanted, host=alert["host"])
            else:
                wanted = replace(wanted, monitor_id=(alert["monitor_id"],))
            return _similar(connection, page, wanted, match)

    def raw_reports(self, alert_id: int) -> Sequence[RowMapping]:
        """Return what the source last sent of an alert, for each way it arrived, the newest first."""
        with self._database.reading() as connection:
            find_or_raise(connection, alert_id)
            return raw_reports.fetch(connection, alert_id)

    def events(self, page: PageRequest, alert_id: int) -> Page:
        """Return a page of an alert's history, newest first."""
        with self._database.reading() as connection:
            find_or_raise(connection, alert_id)
            return alert_events.fetch(connection, page, alert_id)

    def generate(
        self, task_id: str, count: int, severity: int | None, seed: int | None, step: Step = no_step
    ) -> dict[str, Any]:
        """Generate test alerts. A second run for the same task adds only the missing ones.

        Raises TaskFailed if there is no active host, TaskInterrupted.
        """
        with self._database.reading() as connection:
            choices = [HostChoice(**row) for row in hosts.choices_for_alerts(connection)]
            if not choices:
                raise TaskFailed("the inventory has no active hosts to raise alerts on: pull hosts first")
            # Without a seed the task's id is the seed, so that a second attempt draws the same alerts.
            wanted = None if severity is None else Severity(severity)
            drawn = draw_alerts(task_id if seed is None else seed, count, wanted, choices)
            item_ids = items.active_ids_by_host(
                connection, (alert.host.id for alert in drawn if alert.item_index is not None)
            )
        now = clock.now()
        step(0, count, counted((0, ProgressUnit.ALERTS)))
        for start in range(0, count, ALERT_BATCH_SIZE):
            rows = [_row(task_id, alert, item_ids, now) for alert in drawn[start : start + ALERT_BATCH_SIZE]]
            with self._database.transaction() as connection:
                alert_ids = alerts.add_new(connection, rows)
                suppressed, _ = suppression.flip(connection, now, len(rows), alert_ids)
                happened = [(alert_id, AlertEventKind.FIRED) for alert_id in alert_ids]
                happened += [(row["id"], AlertEventKind.SUPPRESSED) for row in suppressed]
                alert_events.add(connection, happened, now)
                critical = [row for row in rows if row["severity"] == Severity.CRITICAL]
                alerts.refresh_marks_of(connection, critical, now)
            step(start + len(rows), count, counted((start + len(rows), ProgressUnit.ALERTS)))
        by_severity = {s.name.lower(): sum(alert.severity is s for alert in drawn) for s in Severity}
        return {"count": count, "by_severity": by_severity}


def _similar(connection: Connection, page: PageRequest, wanted: AlertFilter, match: Matchers) -> SimilarAlerts:
    found = AlertList(connection, alerts.SHOWN, wanted, AlertOrder()).fetch(page)
    items = [shown(alert) for alert in found.items]
    return SimilarAlerts(items, found.next_cursor, found.total, found.is_total_exact, text_of_all(match))


def _without(alert_id: int, found: SimilarAlerts) -> SimilarAlerts:
    """Return the same without an alert itself, which matches too if it has no host."""
    items = [alert for alert in found.items if alert["id"] != alert_id]
    total = None if found.total is None else found.total - (len(found.items) - len(items))
    return replace(found, items=items, total=total)


def find_or_raise(connection: Connection, alert_id: int) -> RowMapping:
    """Return an alert. Raises NotFound."""
    alert = alerts.find(connection, alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}")
    return alert


def shown(alert: Mapping[Any, Any]) -> dict[str, Any]:
    """Return an alert as the API shows it."""
    now = clock.now()
    began = alert["started_at"] or alert["first_seen_at"]
    # A source whose clock is ahead would give a time before its start.
    duration_s = max(0, int(((alert["ended_at"] or alert["resolved_at"] or now) - began).total_seconds()))
    return {**alert, "flapping": is_flapping(alert["flaps"], alert["flapped_at"], now), "duration_s": duration_s}


def _row(task_id: str, alert: DrawnAlert, item_ids: dict[int, list[int]], now: datetime) -> dict[str, Any]:
    # Items may have come or gone since they were counted: the index is taken modulo the current number.
    ids = item_ids.get(alert.host.id, []) if alert.item_index is not None else []
    return {
        "source": TEST_SOURCE,
        "external_id": f"{task_id}:{alert.number}",
        "message": alert.message,
        "severity": alert.severity,
        "status": AlertStatus.ACTIVE,
        "monitor_id": alert.host.monitor_id,
        "host_id": alert.host.id,
        "item_id": ids[(alert.item_index or 0) % len(ids)] if ids else None,
        "comment": comment(alert.number, now),
        "first_seen_at": now,
        "last_seen_at": now,
    }
