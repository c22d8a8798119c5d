"""Matchers choose the same alerts in memory and in the database."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from app.models import Alert, Host, Item, Monitor
from app.rules.matchers.fields import ALERT_FIELDS, alert_subject
from app.rules.matchers.matcher import do_hold
from app.rules.matchers.syntax import parse
from app.store.alerts import alert_labels
from app.store.database.engine import Database
from app.store.selection import label_values
from app.store.selection.alert_matches import conditions
from tests.store.rows import NOW, add_host, add_items, add_monitor

ALERTS = Alert.__table__.c
HOSTS = Host.__table__.c
SEED = 18
NAMES = ("team", "pod", "团队", "a.b", "alert.host")
VALUES = ("", "pay", "Pay", "shop", "shop-1", "shop-2", "支付", "支付-1", "a\nb", "'", '"', "%", "_", "\\", "x" * 500)
PATTERNS = (
    *("pay", "shop-.*", "shop.*", "(?i)pay", "pay|shop", "支付.*", ".*", ".+", "", "pay?", "[^p].*", "x{500}", "a.b"),
    *("(?s)a.b", "shop-[12]", "\\\\\\\\", ".*-1", "(", "[[:alpha:]]+", "critical|0", "web.*", "host 1|主机 2", "()|b"),
)
FIELD_VALUES: Mapping[str, tuple[str, ...]] = {
    "alert.host": ("host 1", "主机 2", "web-1", "", "none"),
    "alert.item": ("item a", "CPU", "", "none"),
    "alert.severity": ("critical", "2", "info", "0", "", "none"),
    "alert.status": ("active", "resolved", "1", "", "none"),
    "alert.source": ("prometheus", "zabbix", "", "none"),
    "alert.monitor": ("demo", "生产", "", "none"),
    "alert.group": ("web servers", "支付", "", "none"),
    "alert.message": ("CPU is high", "", "none"),
    "alert.source_severity": ("page", "", "none"),
}


@pytest.fixture
def drawn() -> random.Random:
    return random.Random(SEED)


@pytest.fixture
def filled(connection: Connection, drawn: random.Random) -> Iterator[Connection]:
    """Yield a connection to a database with alerts of many kinds."""
    monitor_ids = [add_monitor(connection), add_monitor(connection, "生产")]
    groups: Sequence[list[str]] = (["web servers"], ["web servers", "支付"], [])
    targets: list[tuple[int, int | None, int | None]] = [(monitor_id, None, None) for monitor_id in monitor_ids]
    for number, group in enumerate(groups):
        monitor_id = monitor_ids[number % 2]
        host_id = add_host(connection, monitor_id, str(number), groups=group)
        targets.append((monitor_id, host_id, None))
        targets += [(monitor_id, host_id, item_id) for item_id in add_items(connection, monitor_id, host_id, "a", "b")]
    rows: list[dict[str, Any]] = []
    for number in range(120):
        target = dict(zip(("monitor_id", "host_id", "item_id"), drawn.choice(targets), strict=True))
        labels = {name: value for name in NAMES if (value := drawn.choice(VALUES))}
        rows.append(
            {
                "id": number + 1,
                **target,
                "external_id": str(number),
                **{"severity": drawn.randrange(3), "status": drawn.randrange(3), "comment": "", "labels": labels},
                **{"host": drawn.choice(("", "", "web-1", "host 1")), "item": drawn.choice(("", "CPU"))},
                **{"source": drawn.choice(("prometheus", "zabbix")), "message": drawn.choice(("CPU is high", "x"))},
                **{"source_severity": drawn.choice((None, "", "page")), "first_seen_at": NOW, "last_seen_at": NOW},
            }
        )
    connection.execute(insert(Alert), rows)
    alert_labels.write(connection, [(row["id"], row["labels"]) for row in rows])
    yield connection


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def draw_matcher(drawn: random.Random) -> str:
    """Return a matcher of a label or a field; its pattern may be invalid, or a field may take none."""
    operator = drawn.choice(("=", "!=", "=~", "!~"))
    if drawn.random() < 0.5:
        name, values = drawn.choice([*FIELD_VALUES.items()])
    else:
        name, values = drawn.choice(NAMES), VALUES
        name = quoted(name) if "." in name or drawn.random() < 0.5 else name
    return f"{name}{operator}{quoted(drawn.choice(PATTERNS if '~' in operator else values))}"


def in_memory(connection: Connection, text: str) -> list[int]:
    joined = Alert.__table__.join(Monitor, ALERTS.monitor_id == Monitor.__table__.c.id)
    joined = joined.outerjoin(Host, ALERTS.host_id == HOSTS.id)
    joined = joined.outerjoin(Item, ALERTS.item_id == Item.__table__.c.id)
    inventory = (
        *(Monitor.__table__.c.name.label("monitor_name"), HOSTS.name.label("inventory_host"), HOSTS.groups),
        *(HOSTS.display_name.label("inventory_host_shown"), Item.__table__.c.name.label("inventory_item")),
    )
    rows = connection.execute(select(*ALERTS, *inventory).select_from(joined).order_by(ALERTS.id)).mappings()
    matchers = parse(text, ALERT_FIELDS)
    return [row["id"] for row in rows if do_hold(matchers, row["labels"], alert_subject(row))]


def in_database(connection: Connection, text: str) -> list[int]:
    wanted = conditions(connection, parse(text, ALERT_FIELDS))
    return list(connection.execute(select(ALERTS.id).where(*wanted).order_by(ALERTS.id)).scalars())


def draw_valid(drawn: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        text = ",".join(draw_matcher(drawn) for _ in range(drawn.choice((1, 1, 1, 2, 3))))
        try:
            parse(text, ALERT_FIELDS)
        except ValueError:
            continue
        except Exception as error:
            assert getattr(error, "field", None) == "match", text
            continue
        yield text


def test_any_matchers_choose_the_same_alerts_in_memory_and_in_the_database(
    filled: Connection, drawn: random.Random
) -> None:
    chosen = set()
    for text in draw_valid(drawn, 300):
        expected = in_memory(filled, text)
        assert in_database(filled, text) == expected, text
        chosen.add(len(expected))
    assert len(chosen) > 30


def test_they_do_so_in_updates_and_deletions(filled: Connection, drawn: random.Random) -> None:
    for text in draw_valid(drawn, 40):
        expected = in_memory(filled, text)
        wanted = conditions(filled, parse(text, ALERT_FIELDS))
        changed = filled.execute(update(Alert).where(*wanted).values(comment=text).returning(ALERTS.id)).scalars()
        assert sorted(changed) == expected, text
    wanted = conditions(filled, parse('team=~"shop.*",alert.host!=""', ALERT_FIELDS))
    gone = filled.execute(delete(Alert).where(*wanted).returning(ALERTS.id)).scalars()
    assert len(list(gone)) > 0
    assert in_memory(filled, 'team=~"shop.*",alert.host!=""') == []


def test_a_remembered_pattern_sees_what_was_added_since(database: Database) -> None:
    text = 'pod=~"web-.*"'
    with database.transaction() as connection:
        monitor_id = add_monitor(connection)
        add_alert(connection, monitor_id, 1, {"pod": "web-1"})
    for number in (2, 3, 4):
        with database.reading() as connection:
            assert in_database(connection, text) == in_memory(connection, text) == [*range(1, number)]
        with database.transaction() as connection:
            add_alert(connection, monitor_id, number, {"pod": f"web-{number}"})


def test_what_was_rolled_back_is_not_remembered(database: Database) -> None:
    text = 'pod=~"web-.*"'
    with database.transaction() as connection:
        monitor_id = add_monitor(connection)
    with pytest.raises(KeyError), database.transaction() as connection:
        add_alert(connection, monitor_id, 1, {"pod": "web-1", "team": "pay"})
        wanted = conditions(connection, parse(text, ALERT_FIELDS), is_writing=True)
        assert list(connection.execute(select(ALERTS.id).where(*wanted)).scalars()) == [1]
        raise KeyError
    with database.transaction() as connection:
        # SQLite gives the ids of rows that were rolled back to others.
        add_alert(connection, monitor_id, 1, {"pod": "db-1", "zone": "x"})
        add_alert(connection, monitor_id, 2, {"pod": "web-2"})
    with database.reading() as connection:
        assert in_database(connection, text) == in_memory(connection, text) == [2]


def test_little_is_remembered(filled: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_values, "MAX_PATTERNS", 2)
    for text in ('team=~"shop.*"', 'team=~"pay.*"', 'pod=~"shop.*"', 'team=~"shop.*"'):
        assert in_database(filled, text) == in_memory(filled, text)


def add_alert(connection: Connection, monitor_id: int, number: int, labels: dict[str, str]) -> None:
    row: dict[str, Any] = {"id": number, "monitor_id": monitor_id, "external_id": str(number), "labels": labels}
    row |= {"severity": 2, "status": 0, "source": "test", "message": "m", "comment": ""}
    connection.execute(insert(Alert), [row | {"first_seen_at": NOW, "last_seen_at": NOW}])
    alert_labels.write(connection, [(number, labels)])
