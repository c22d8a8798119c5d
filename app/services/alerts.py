"""Shows, settles, scores and generates alerts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping

from app import clock
from app.enums import AlertStatus, Severity
from app.errors import NotFound, TaskFailed
from app.rules.generated_alerts import DrawnAlert, HostChoice, comment, draw_alerts
from app.rules.health import alert_load, health_score
from app.services.task_lifecycle import Step, no_step
from app.store import alerts, hosts, items
from app.store.engine import Database
from app.store.pages import Page, PageRequest

TEST_SOURCE = "test"
ALERTS_AT_ONCE = 1000


class AlertService:
    """Methods that name an alert raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, score_window_h: float) -> None:
        self._database = database
        self._score_window_h = score_window_h

    def list(
        self,
        page: PageRequest,
        *,
        q: str | None = None,
        severity: int | None = None,
        status: int | None = None,
        host_id: int | None = None,
        monitor_id: int | None = None,
        source: str | None = None,
    ) -> Page:
        """Return a page of alerts, newest first; `q` is looked for in message and comment."""
        conditions = alerts.filters(
            q=q, severity=severity, status=status, host_id=host_id, monitor_id=monitor_id, source=source
        )
        with self._database.reading() as connection:
            return alerts.fetch(connection, page, conditions)

    def get(self, alert_id: int) -> RowMapping:
        """Return one alert."""
        with self._database.reading() as connection:
            return _found(connection, alert_id)

    def acknowledge(self, alert_id: int, comment: str | None = None) -> RowMapping:
        """Say that someone looks after the alert; a resolved one becomes open again."""
        return self._settle(alert_id, AlertStatus.ACKNOWLEDGED, comment)

    def resolve(self, alert_id: int, comment: str | None = None) -> RowMapping:
        """Say that the alert is over."""
        return self._settle(alert_id, AlertStatus.RESOLVED, comment)

    def reopen(self, alert_id: int, comment: str | None = None) -> RowMapping:
        """Say that the alert is not over after all."""
        return self._settle(alert_id, AlertStatus.ACTIVE, comment)

    def resolve_many(
        self,
        *,
        ids: Sequence[int] | None = None,
        severity: int | None = None,
        host_id: int | None = None,
        monitor_id: int | None = None,
        source: str | None = None,
    ) -> int:
        """Resolve the alerts with these ids, or all that match the filters; return how many were not yet resolved."""
        conditions = alerts.filters(severity=severity, host_id=host_id, monitor_id=monitor_id, source=source)
        if ids is not None:
            conditions.append(alerts.ALERTS.id.in_(ids))
        return self._resolve_matching(conditions)

    def score(self) -> dict[str, Any]:
        """Return the health score and what it is made of."""
        now = clock.now()
        with self._database.reading() as connection:
            sums = alerts.sums(connection, now, self._score_window_h * 3600)
            host_count = hosts.count_not_inactive(connection)
        load = alert_load(sums, host_count)
        counted = {
            severity.name.lower(): {
                "active": sums[severity].active,
                "acknowledged": sums[severity].acknowledged,
                "resolved": sums[severity].resolved,
            }
            for severity in Severity
        }
        return {
            "score": health_score(load),
            "load": round(load, 3),
            "hosts": host_count,
            "window_h": self._score_window_h,
            "alerts": counted,
        }

    def generate(
        self, task_id: str, count: int, severity: int | None, seed: int | None, step: Step = no_step
    ) -> dict[str, Any]:
        """Generate test alerts. Run again for the same task, it adds only those that are missing.

        Raises TaskFailed when there is no active host, TaskInterrupted.
        """
        with self._database.reading() as connection:
            choices = [HostChoice(**row) for row in hosts.choices_for_alerts(connection)]
            if not choices:
                raise TaskFailed("the inventory has no active hosts to raise alerts on: pull hosts first")
            # Without a seed the task's id is one, so that a second attempt draws the same alerts.
            wanted = None if severity is None else Severity(severity)
            drawn = draw_alerts(task_id if seed is None else seed, count, wanted, choices)
            item_ids = items.active_ids_by_host(
                connection, (alert.host.id for alert in drawn if alert.item_index is not None)
            )
        now = clock.now()
        for start in range(0, count, ALERTS_AT_ONCE):
            rows = [_row(task_id, alert, item_ids, now) for alert in drawn[start : start + ALERTS_AT_ONCE]]
            with self._database.transaction() as connection:
                alerts.add_new(connection, rows)
                critical = [row for row in rows if row["severity"] == Severity.CRITICAL]
                host_ids = sorted({row["host_id"] for row in critical})
                critical_items = sorted({row["item_id"] for row in critical if row["item_id"] is not None})
                alerts.refresh_error_marks(connection, host_ids, critical_items, now)
            step(start + len(rows), count, f"{start + len(rows)} alerts")
        by_severity = {s.name.lower(): sum(alert.severity is s for alert in drawn) for s in Severity}
        return {"count": count, "by_severity": by_severity}

    def _settle(self, alert_id: int, status: AlertStatus, comment: str | None) -> RowMapping:
        now = clock.now()
        with self._database.transaction() as connection:
            alert = _found(connection, alert_id)
            values: dict[str, Any] = {"status": status}
            if status is not AlertStatus.RESOLVED:
                values["resolved_at"] = None
            elif alert["status"] != AlertStatus.RESOLVED:
                values["resolved_at"] = now
            if comment:
                values["comment"] = f"{alert['comment']}\n{comment}".strip()
            alerts.change(connection, alert_id, values)
            host_ids, item_ids = _present(alert["host_id"]), _present(alert["item_id"])
            alerts.refresh_error_marks(connection, host_ids, item_ids, now)
            return _found(connection, alert_id)

    def _resolve_matching(self, conditions: Sequence[ColumnElement[bool]]) -> int:
        now = clock.now()
        with self._database.transaction() as connection:
            resolved = alerts.resolve(connection, conditions, now)
            alerts.clear_error_marks(connection, now)
        return resolved


def _found(connection: Connection, alert_id: int) -> RowMapping:
    alert = alerts.find(connection, alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}")
    return alert


def _present(id: int | None) -> list[int]:
    return [] if id is None else [id]


def _row(task_id: str, alert: DrawnAlert, item_ids: dict[int, list[int]], now: datetime) -> dict[str, Any]:
    # Items may have come or gone since they were counted: the index is taken modulo those that are there.
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
