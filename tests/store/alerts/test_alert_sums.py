"""The sums that the database keeps of the alerts, beside those of the alerts themselves."""

import random
from collections.abc import Mapping
from dataclasses import astuple
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from app.enums import AlertStatus, Severity
from app.models import Alert, AlertSum, Monitor
from app.models.alert_sums import BUCKET_MS
from app.rules.alerts.scores import AlertSums
from app.store.alerts import alert_sums, alerts, scores
from app.store.alerts.alert_sums import SUMS
from app.store.alerts.alerts import ALERTS
from app.store.alerts.scores import Scope, Window
from app.store.database.engine import Database
from app.store.operation import migrate
from tests.store.rows import NOW, add_monitor

WINDOWS = [Window(NOW, length_s) for length_s in (24 * 3600, 3600, 60, 0.5)]
MICROSECOND = timedelta(microseconds=1)
BUCKET = timedelta(milliseconds=BUCKET_MS)


def alert_row(chance: random.Random, monitor_ids: list[int], number: int) -> dict[str, Any]:
    """Return an alert that ended, if it did, long ago, lately, at the very end of a bucket, or will in the future."""
    ends = [NOW - chance.random() * timedelta(days=span) for span in (0.0005, 0.04, 1.5)]
    ends += [NOW - chance.randrange(144) * BUCKET - chance.choice((0, 1, 400, 600)) * MICROSECOND]
    ends += [NOW + chance.random() * timedelta(minutes=30)]
    status = chance.choice([*AlertStatus])
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}
    return seen | {
        "source": "test",
        "external_id": str(number),
        "message": "磁盘",
        "comment": "",
        "severity": chance.choice([*Severity]),
        "status": status,
        "suppressed": chance.random() < 0.2,
        "monitor_id": chance.choice(monitor_ids),
        "resolved_at": chance.choice(ends) if status == AlertStatus.RESOLVED else None,
    }


def change_something(connection: Connection, chance: random.Random, monitor_ids: list[int], number: int) -> None:
    """Add, change or delete some alerts, one at a time or many at once."""
    some = list(connection.execute(select(ALERTS.id)).scalars())
    some = chance.sample(some, min(len(some), chance.randrange(1, 9)))
    what = chance.randrange(5)
    if what == 0:
        rows = [alert_row(chance, monitor_ids, 1000 * number + each) for each in range(chance.randrange(1, 30))]
        connection.execute(insert(Alert), rows)
    elif what == 1:
        row = alert_row(chance, monitor_ids, 0)
        values = {name: row[name] for name in ("status", "severity", "suppressed", "resolved_at")}
        connection.execute(update(Alert).where(ALERTS.id.in_(some)).values(values))
    elif what == 2:
        connection.execute(update(Alert).where(ALERTS.id.in_(some)).values(last_seen_at=NOW))
    elif what == 3:
        connection.execute(delete(Alert).where(ALERTS.id.in_(some[:3])))
    else:
        alert_sums.merge_parts(connection)


def rounded(sums: Mapping[Severity, AlertSums]) -> list[tuple[float, ...]]:
    """Return them without what is lost by counting in milliseconds."""
    return [tuple(round(value, 1) for value in astuple(sums[severity])) for severity in Severity]


def assert_right(connection: Connection) -> None:
    for window in WINDOWS:
        for monitor_id in (None, *connection.execute(select(Monitor.id)).scalars()):
            scope = Scope(monitor_id)
            counted = scores._sums(connection, window, scope.of_alerts(connection)).get((), scores.no_alerts())
            assert rounded(scores.sums(connection, window, scope)) == rounded(counted)


@pytest.mark.parametrize("seed", range(8))
def test_they_follow_whatever_happens_to_alerts(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    with database.transaction() as connection:
        monitor_ids = [add_monitor(connection, f"监控 {number}") for number in range(3)]
    for number in range(30):
        with database.transaction() as connection:
            change_something(connection, chance, monitor_ids, number)
    with database.transaction() as connection:
        assert connection.execute(select(Alert)).first() is not None
        assert_right(connection)
        connection.execute(delete(Monitor).where(Monitor.id == monitor_ids[0]))
        assert_right(connection)
        connection.execute(delete(Alert))
        alert_sums.merge_parts(connection)
        assert connection.execute(select(AlertSum)).all() == []


def test_alerts_that_are_there_already_are_not_counted_twice(connection: Connection) -> None:
    monitor_ids = [add_monitor(connection)]
    rows = [alert_row(random.Random(1), monitor_ids, number) for number in range(5)]
    assert len(alerts.add_new(connection, rows)) == 5
    assert alerts.add_new(connection, rows) == []
    assert_right(connection)


def test_the_parts_of_connections_are_put_together(connection: Connection) -> None:
    part = {"status": 2, "bucket": 7, "monitor_id": 1, "severity": 2, "count": 1, "ms": 1000}
    parts = [part | {"slot": slot, "severity": severity} for slot in (0, 11, 12) for severity in (1, 2)]
    connection.execute(insert(AlertSum), [*parts, part | {"slot": 11, "bucket": 8, "count": 0, "ms": 0}])
    assert alert_sums.merge_parts(connection) == 5
    left = connection.execute(
        select(AlertSum.severity, AlertSum.slot, AlertSum.count, AlertSum.ms).order_by("severity")
    )
    assert [tuple(row) for row in left] == [(1, 0, 3, 3000), (2, 0, 3, 3000)]
    assert alert_sums.merge_parts(connection) == 0


def test_alerts_from_before_there_were_sums_are_counted(database: Database, sql_url: str) -> None:
    chance = random.Random(5)
    with database.transaction() as connection:
        monitor_ids = [add_monitor(connection)]
        connection.execute(insert(Alert), [alert_row(chance, monitor_ids, number) for number in range(50)])
    migrate.downgrade(sql_url, "0008")
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM alerts WHERE external_id = '7'"))
    migrate.upgrade(sql_url)
    with database.transaction() as connection:
        assert sum(connection.execute(select(SUMS.count)).scalars()) > 0
        change_something(connection, chance, monitor_ids, 1)
        assert_right(connection)
