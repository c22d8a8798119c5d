"""Computes the health score of all hosts or of a scope, and explains it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import Severity
from app.errors import NotFound
from app.rules.alerts.scores import AlertSums, alert_load, health_score
from app.services.periodic import Interval
from app.store.alerts import alert_sums, score_samples, scores
from app.store.alerts.scores import Scope, Window
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import hosts, monitors
from app.store.machines import machines

SHOWN_AT_MOST = 10
SAMPLE_EVERY_S = 300
MERGE_EVERY_S = 60.0
LOAD_DIGITS = 3
COST_DIGITS = 6
"""One of ten thousand hosts adds little to the total load."""


class ScoreService:
    """Methods raise NotFound if the scope's monitor or host does not exist, and DatabaseUnavailable.

    A group that no host has is a scope without hosts.
    """

    def __init__(self, database: Database, *, window_h: float, history_days: int) -> None:
        self._database = database
        self._window_h = window_h
        self._history_days = history_days
        self._sampled_at: datetime | None = None
        self._merging = Interval(MERGE_EVERY_S)

    def score(
        self,
        *,
        monitor_id: int | None = None,
        group: str | None = None,
        host_id: int | None = None,
        machine_id: int | None = None,
    ) -> dict[str, Any]:
        """Return the health score of a scope (by default all hosts) and its components."""
        scope = Scope(monitor_id, group, host_id, machine_id)
        with self._database.reading() as connection:
            check_scope(connection, scope)
            sums = scores.sums(connection, self._window(), scope)
            host_count = scores.host_count(connection, scope)
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
            "load": round(load, LOAD_DIGITS),
            "hosts": host_count,
            "window_h": self._window_h,
            "alerts": counted,
        }

    def why(
        self,
        *,
        monitor_id: int | None = None,
        group: str | None = None,
        host_id: int | None = None,
        machine_id: int | None = None,
    ) -> dict[str, Any]:
        """Return the hosts and alerts of a scope with the highest cost, each with the points of load that it adds."""
        scope, window = Scope(monitor_id, group, host_id, machine_id), self._window()
        with self._database.reading() as connection:
            check_scope(connection, scope)
            host_count = scores.host_count(connection, scope)
            load = alert_load(scores.sums(connection, window, scope), host_count)
            found_hosts = scores.costliest_hosts(connection, window, scope, SHOWN_AT_MOST)
            found_alerts = scores.costliest_alerts(connection, window, scope, SHOWN_AT_MOST)
        return {
            "score": health_score(load),
            "load": round(load, LOAD_DIGITS),
            "hosts": [_with_cost(row, host_count) for row in found_hosts],
            "alerts": [_with_cost(row, host_count) for row in found_alerts],
        }

    def history(
        self,
        page: PageRequest,
        *,
        monitor_id: int | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
    ) -> Page:
        """Return a page of five-minute samples of the score, of all hosts or of one monitor, newest first."""
        with self._database.reading() as connection:
            check_scope(connection, Scope(monitor_id))
            scope = score_samples.FLEET if monitor_id is None else score_samples.monitor_scope(monitor_id)
            return score_samples.fetch(connection, page, scope, after=after, before=before)

    def tick(self) -> None:
        """Take the sample of the current five minutes unless it exists, and merge the sums of the alerts."""
        now = clock.now()
        if self._merging.is_over():
            with self._database.transaction() as connection:
                alert_sums.merge_parts(connection)
        at = datetime.fromtimestamp(now.timestamp() // SAMPLE_EVERY_S * SAMPLE_EVERY_S, UTC)
        if at == self._sampled_at:
            return
        with self._database.reading() as connection:
            samples = [{**sample, "at": at} for sample in self._samples(connection)]
        with self._database.transaction() as connection:
            score_samples.add(connection, samples)
            score_samples.prune(connection, now - timedelta(days=self._history_days))
        self._sampled_at = at

    def _samples(self, connection: Connection) -> Iterator[dict[str, Any]]:
        by_monitor = scores.sums_by_monitor(connection, self._window())
        host_counts = scores.host_counts_by_monitor(connection)
        fleet = scores.no_alerts()
        for monitor_id in monitors.ids(connection):
            sums = by_monitor.get(monitor_id, scores.no_alerts())
            fleet = {severity: fleet[severity] + sums[severity] for severity in Severity}
            yield _sample(score_samples.monitor_scope(monitor_id), sums, host_counts.get(monitor_id, 0))
        yield _sample(score_samples.FLEET, fleet, sum(host_counts.values()))

    def _window(self) -> Window:
        return Window(clock.now(), self._window_h * 3600)


def _sample(scope: str, sums: Mapping[Severity, AlertSums], host_count: int) -> dict[str, Any]:
    load = alert_load(sums, host_count)
    open_alerts = sum(alerts.active + alerts.acknowledged for alerts in sums.values())
    return {"scope": scope, "score": health_score(load), "load": round(load, LOAD_DIGITS), "open_alerts": open_alerts}


def check_scope(connection: Connection, scope: Scope) -> None:
    """Raise NotFound if the monitor, the host or the machine of a scope does not exist."""
    if scope.monitor_id is not None and monitors.find_sealed(connection, scope.monitor_id) is None:
        raise NotFound(f"there is no monitor {scope.monitor_id}")
    if scope.host_id is not None and hosts.find(connection, scope.host_id) is None:
        raise NotFound(f"there is no host {scope.host_id}")
    if scope.machine_id is not None and machines.find(connection, scope.machine_id) is None:
        raise NotFound(f"there is no machine {scope.machine_id}")


def _with_cost(row: RowMapping, host_count: int) -> dict[str, Any]:
    shown = dict(row)
    return {**shown, "cost": round(shown.pop("points") / max(1, host_count), COST_DIGITS)}
