"""The index of labels."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from app.models import AlertLabel, LabelPair
from app.store.alerts import alert_labels, alerts
from app.store.database.engine import Database
from tests.store.rows import NOW, add_monitor

Add = Callable[..., list[int]]
PAIRS = LabelPair.__table__.c
LABELS = AlertLabel.__table__.c


@pytest.fixture
def add(connection: Connection) -> Add:
    """Return a function that adds alerts with these labels."""
    monitor_id = add_monitor(connection)
    row = {"source": "test", "message": "m", "severity": 2, "status": 0, "comment": "", "monitor_id": monitor_id}
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}

    def make(*labels: dict[str, str]) -> list[int]:
        rows = [row | seen | {"external_id": f"{number}"} for number, _ in enumerate(labels)]
        ids = sorted(alerts.add_new(connection, rows))
        alert_labels.write(connection, list(zip(ids, labels, strict=True)))
        return ids

    return make


def labels_of(connection: Connection, alert_id: int) -> dict[str, str]:
    statement = select(PAIRS.name, PAIRS.value).join(AlertLabel, LABELS.pair_id == PAIRS.id)
    return {row.name: row.value for row in connection.execute(statement.where(LABELS.alert_id == alert_id))}


def pairs(connection: Connection) -> int:
    return len(connection.execute(select(PAIRS.id)).all())


def test_alerts_with_the_same_label_share_a_pair(connection: Connection, add: Add) -> None:
    first, second, third = add({"team": "pay", "pod": "a"}, {"team": "pay", "pod": "b"}, {})
    assert labels_of(connection, first) == {"team": "pay", "pod": "a"}
    assert labels_of(connection, second) == {"team": "pay", "pod": "b"}
    assert labels_of(connection, third) == {}
    assert pairs(connection) == 3


def test_labels_of_a_changed_alert_are_replaced_and_those_of_others_stay(connection: Connection, add: Add) -> None:
    first, second = add({"team": "pay", "pod": "a"}, {"team": "pay", "pod": "a"})
    alert_labels.write(connection, [(first, {"team": "shop", "pod": "a", "名称": "支付 'x'\x1f"})])
    assert labels_of(connection, first) == {"team": "shop", "pod": "a", "名称": "支付 'x'\x1f"}
    assert labels_of(connection, second) == {"team": "pay", "pod": "a"}
    alert_labels.write(connection, [(first, {})])
    assert labels_of(connection, first) == {}


def test_many_alerts_are_written_at_once(connection: Connection, add: Add) -> None:
    ids = add(*({"all": "the same", "number": str(number), "tenth": str(number % 10)} for number in range(350)))
    assert labels_of(connection, ids[349]) == {"all": "the same", "number": "349", "tenth": "9"}
    assert pairs(connection) == 361


def test_pruning_deletes_pairs_that_no_alert_has(connection: Connection, add: Add) -> None:
    first, second = add({"team": "pay", "pod": "a"}, {"team": "pay", "pod": "b", "zone": "x"})
    assert alert_labels.prune(connection, 0, 10) == 0
    assert pairs(connection) == 4
    connection.exec_driver_sql(f"DELETE FROM alerts WHERE id = {second}")
    assert alert_labels.prune(connection, 0, 10) == 0
    assert pairs(connection) == 2
    assert labels_of(connection, first) == {"team": "pay", "pod": "a"}


def test_pruning_continues_where_it_stopped(connection: Connection, add: Add) -> None:
    (first,) = add(dict.fromkeys("abcdefg", "x"))
    alert_labels.write(connection, [(first, {"a": "x"})])
    at = alert_labels.prune(connection, 0, 3)
    assert pairs(connection) == 5
    at = alert_labels.prune(connection, at, 3)
    assert pairs(connection) == 2
    assert alert_labels.prune(connection, at, 3) == 0
    assert pairs(connection) == 1


def test_a_pair_that_was_pruned_is_added_again(connection: Connection, add: Add) -> None:
    (first,) = add({"team": "pay"})
    alert_labels.write(connection, [(first, {})])
    alert_labels.prune(connection, 0, 10)
    alert_labels.write(connection, [(first, {"team": "pay"})])
    assert labels_of(connection, first) == {"team": "pay"}


def test_nothing_is_written_for_no_alerts(database: Database) -> None:
    with database.reading() as connection:
        alert_labels.write(connection, [])
