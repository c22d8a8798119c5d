"""Alerts, their marks on hosts and items, and the sums of the score."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from app.enums import Severity
from app.models import Alert
from app.rules.alerts.scores import AlertSums
from app.store.alerts import alerts, scores
from app.store.inventory import hosts, items
from tests.store.rows import LATER, NOW, add_host, add_items, add_monitor, list_alerts

Row = Callable[..., dict[str, Any]]


@pytest.fixture
def row(connection: Connection) -> Row:
    """Return a maker of alerts of one monitor."""
    monitor_id = add_monitor(connection, "alerts")

    def make(number: int, **values: Any) -> dict[str, Any]:
        base = {"source": "test", "external_id": f"t:{number}", "message": f"message {number}", "severity": 2}
        rest = {"comment": "", "suppressed": False, "resolved_at": None, "first_seen_at": NOW, "last_seen_at": NOW}
        return base | rest | {"status": 0, "monitor_id": monitor_id} | values

    return make


def test_the_same_alert_is_added_once(connection: Connection, row: Row) -> None:
    alerts.add_new(connection, [row(1), row(2)])
    alerts.add_new(connection, [row(2), row(3, source="other")])
    assert [alert["external_id"] for alert in list_alerts(connection).items] == [
        "t:3",
        "t:2",
        "t:1",
    ]


def test_the_newest_open_critical_alert_marks_host_and_item(connection: Connection, row: Row) -> None:
    monitor_id = add_monitor(connection)
    host_id = add_host(connection, monitor_id)
    (item_id,) = add_items(connection, monitor_id, host_id, "a")
    where = {"host_id": host_id, "item_id": item_id, "monitor_id": monitor_id}
    alerts.add_new(connection, [row(1, **where), row(2, **where), row(3, severity=1, **where)])
    alerts.refresh_error_marks(connection, [host_id], [item_id], NOW)

    def marks() -> tuple[str, str]:
        host, item = hosts.find(connection, host_id), items.find(connection, item_id)
        assert host is not None and item is not None
        return host["status_description"], item["status_description"]

    assert marks() == ("Critical alert: message 2",) * 2
    ids = {alert["external_id"]: alert["id"] for alert in list_alerts(connection).items}
    over = {"status": 2, "resolved_at": LATER}
    alerts.refresh_marks_of(connection, alerts.act(connection, [ids["t:2"]], over, None), LATER)
    assert marks() == ("Critical alert: message 1",) * 2
    alerts.refresh_marks_of(connection, alerts.act(connection, [*ids.values()], over, None), LATER)
    assert marks() == ("", "")


def test_sums_count_and_fade(connection: Connection, row: Row) -> None:
    hour = timedelta(hours=1)
    connection.execute(
        insert(Alert),
        [
            row(1),
            row(2, status=1),
            row(3, suppressed=True),
            row(4, status=2, resolved_at=NOW),
            row(5, status=2, resolved_at=NOW - 6 * hour),
            row(6, status=2, resolved_at=NOW - 24 * hour),
            row(7, severity=0),
        ],
    )
    found = scores.sums(connection, scores.Window(NOW, 24 * 3600))
    critical = found[Severity.CRITICAL]
    assert (critical.active, critical.acknowledged, critical.resolved) == (1, 1, 2)
    assert critical.freshness == pytest.approx(1.75, abs=1e-4)
    assert found[Severity.INFO] == AlertSums(active=1)
    assert found[Severity.WARNING] == AlertSums()


def test_filters_combine(connection: Connection, row: Row) -> None:
    alerts.add_new(connection, [row(1), row(2, severity=1), row(3, comment="see 工单 42")])
    wanted: list[tuple[dict[str, Any], list[str]]] = [
        ({"severity": 1}, ["t:2"]),
        ({"q": "工单"}, ["t:3"]),
        ({"q": "MESSAGE 1", "severity": 2}, ["t:1"]),
        ({"source": "zabbix"}, []),
        ({"status": 0}, ["t:3", "t:2", "t:1"]),
    ]
    for filters, found in wanted:
        page = list_alerts(connection, **filters)
        assert [alert["external_id"] for alert in page.items] == found
