"""Finds the hosts and items of alerts by the names that their sources use."""

from collections.abc import Sequence

from sqlalchemy import Connection

from app.rules.alert_reports import AlertReport
from app.store.alerts import alert_intake


class AlertTargets:
    """The hosts and items of one monitor that the reports name."""

    def __init__(self, connection: Connection, monitor_id: int, reports: Sequence[AlertReport]) -> None:
        self._by_external_id, self._by_name = alert_intake.host_ids(
            connection,
            monitor_id,
            {name for report in reports for name in (report.host_external_id, report.host_name) if name},
        )
        host_ids = {host_id for report in reports if (host_id := self._host(report)) is not None}
        names = {name for report in reports for name in (report.item_external_id, report.item_name) if name}
        self._items_by_external_id, self._items_by_name = alert_intake.item_ids(connection, host_ids, names)

    def find(self, report: AlertReport) -> tuple[int | None, int | None]:
        """Return the ids of a report's host and item, each None if the inventory does not have it."""
        host_id = self._host(report)
        if host_id is None:
            return None, None
        by_external_id = self._items_by_external_id.get((host_id, report.item_external_id or ""))
        return host_id, by_external_id or self._items_by_name.get((host_id, report.item_name or ""))

    def _host(self, report: AlertReport) -> int | None:
        by_external_id = self._by_external_id.get(report.host_external_id or "")
        return by_external_id or self._by_name.get(report.host_name or "")
