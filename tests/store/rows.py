"""Rows to begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from app.store.alerts.alerts import SHOWN
from app.store.database.pages import PageRequest
from app.store.inventory import hosts, items, monitors, pulled_items
from app.store.inventory.hosts import PulledHost
from app.store.inventory.pulled_items import PulledItem
from app.store.ledger import task_runs
from app.store.selection.alert_filters import AlertFilter
from app.store.selection.alert_lists import AlertList, AlertPage
from app.store.selection.alert_orders import AlertOrder

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def add_monitor(connection: Connection, name: str = "demo", **values: Any) -> int:
    row = {"name": name, "type": "simulator", "url": "simulator://demo", "status": "unknown", "created_at": NOW}
    return monitors.add(connection, row | values)


def host_row(external_id: str, **values: Any) -> PulledHost:
    row = PulledHost(
        external_id=external_id,
        name=f"host {external_id}",
        display_name=f"主机 {external_id}",
        description="",
        enabled=True,
        ip_addr="10.0.0.1",
        groups=["web servers"],
        source_error=None,
    )
    return row._replace(**values)


def item_row(external_id: str, **values: Any) -> PulledItem:
    row = PulledItem(
        name=f"item {external_id}",
        key=f"key[{external_id}]",
        description="",
        interval="1m",
        units="B",
        enabled=True,
        value="1",
        value_type="float",
        value_at=NOW,
        source_error=None,
    )
    return row._replace(**values)


def add_host(connection: Connection, monitor_id: int, external_id: str = "1", **values: Any) -> int:
    hosts.upsert(connection, monitor_id, [host_row(external_id, **values)], NOW)
    return hosts.ids_by_external_id(connection, monitor_id, [external_id])[external_id]


def add_items(connection: Connection, monitor_id: int, host_id: int, *external_ids: str) -> list[int]:
    rows = {(host_id, external_id): item_row(external_id) for external_id in external_ids}
    pulled_items.upsert(connection, monitor_id, rows, NOW)
    return items.active_ids_by_host(connection, [host_id])[host_id]


def add_run(connection: Connection, number: int = 1, **values: Any) -> str:
    row = {
        "id": f"pull_hosts:{number:08d}-0000-7000-8000-000000000000",
        "type": "pull_hosts",
        "state": "queued",
        "params": {"monitor_id": 1},
        "max_retries": 3,
        "created_at": NOW + timedelta(seconds=number),
        "published_at": NOW,
    }
    row |= values
    task_runs.add(connection, [row])
    return str(row["id"])


FIRST = PageRequest()


def list_alerts(
    connection: Connection, page: PageRequest = FIRST, sort: str | None = None, **filters: Any
) -> AlertPage:
    """Return a page of the list of alerts."""
    return AlertList(connection, SHOWN, AlertFilter.of(**filters), AlertOrder.of(sort)).fetch(page)
