"""Lists of alerts: every filter and order gives the same as all alerts looked at one by one, however it is paged."""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from app.enums import Severity
from app.errors import Invalid
from app.models import Alert, Host
from app.store.database.pages import PageRequest
from app.store.selection import alert_candidates, alert_choices, alert_lists
from app.store.selection.alert_filters import AlertFilter
from tests.store.rows import NOW, list_alerts
from tests.store.selection.test_alert_matches import drawn as drawn
from tests.store.selection.test_alert_matches import filled as filled
from tests.store.selection.test_alert_matches import in_memory

ALERTS = Alert.__table__.c
HOSTS = Host.__table__.c
HOUR = timedelta(hours=1)
Row = Mapping[Any, Any]


def began(row: Row) -> Any:
    return row["started_at"] or row["first_seen_at"]


SORTS: Mapping[str, tuple[Callable[[Row], Any], bool]] = {
    "started_at": (lambda row: (began(row), row["id"]), False),
    "-started_at": (lambda row: (began(row), row["id"]), True),
    "last_seen_at": (lambda row: (row["last_seen_at"], row["id"]), False),
    "-last_seen_at": (lambda row: (row["last_seen_at"], row["id"]), True),
    "-severity": (lambda row: (row["severity"], row["id"]), True),
    "severity,started_at": (lambda row: (row["severity"], began(row), row["id"]), False),
    "-severity,-last_seen_at": (lambda row: (row["severity"], row["last_seen_at"], row["id"]), True),
    "-severity,started_at": (lambda row: (-row["severity"], began(row), row["id"]), False),
}
MATCHES = (
    'team=~"shop.*"',
    "team=pay",
    "team!=pay",
    'pod=~".+",team=~"shop-[12]|pay"',
    'alert.group="web servers"',
    "",
)


@pytest.fixture
def varied(filled: Connection, drawn: random.Random) -> Connection:
    """Return a connection to the same alerts with times and states."""
    for alert_id in range(1, 121):
        resolved_at = drawn.choice((None, NOW + drawn.randrange(5) * HOUR))
        values = {
            "started_at": drawn.choice((None, NOW + drawn.randrange(5) * HOUR)),
            "last_seen_at": NOW + drawn.randrange(5) * HOUR,
            "resolved_at": resolved_at,
            "suppressed": drawn.random() < 0.2,
            "is_stale": drawn.random() < 0.2,
            "silenced_by": drawn.choice((None, {"kind": "silence"})),
        }
        filled.execute(update(Alert).where(ALERTS.id == alert_id).values(values))
    return filled


@pytest.fixture(params=["few", "many"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lists take the alerts for few, and read them at once, or for many, and walk in small steps."""
    if request.param == "many":
        monkeypatch.setattr(alert_lists, "FEW", 3)
        monkeypatch.setattr(alert_candidates, "FEW", 3)
        monkeypatch.setattr(alert_lists, "FIRST_BATCH_SIZE", 7)
        monkeypatch.setattr(alert_lists, "BATCH_SIZE", 11)
        monkeypatch.setattr(alert_lists, "LONGEST_S", -1.0)


def draw_filters(drawn: random.Random) -> dict[str, Any]:
    """Return some filters."""
    some: dict[str, Any] = {
        "severity": drawn.choice((0, 2, (0, 1), (1, 2))),
        "min_severity": drawn.choice((1, 2)),
        "status": drawn.choice((0, (0, 1), 2)),
        "monitor_id": drawn.choice((1, (1, 2), 99)),
        "source": drawn.choice(("zabbix", ("zabbix", "prometheus"), "none")),
        "host": drawn.choice(("web-1", "host 1", "主机 2", "none")),
        "suppressed": drawn.random() < 0.5,
        "stale": drawn.random() < 0.5,
        "silenced": drawn.random() < 0.5,
        "match": drawn.choice((*MATCHES, ("team!=pay", 'pod=~".+"'))),
        "q": drawn.choice(("cpu", "shop", "x")),
        **{name: NOW + drawn.randrange(5) * HOUR for name in ("started_after", "started_before")},
        **{name: NOW + drawn.randrange(5) * HOUR for name in ("last_seen_after", "resolved_before")},
    }
    return {name: some[name] for name in drawn.sample([*some], drawn.choice((0, 1, 1, 2, 3)))}


def is_wanted(connection: Connection, row: Row, given: Mapping[str, Any]) -> bool:
    """Return whether a filter wants an alert, by what the filters but `match` mean."""

    def one_of(name: str) -> bool:
        wanted = given.get(name)
        return wanted is None or row[name] in (wanted if isinstance(wanted, tuple) else (wanted,))

    def is_within(column: str, name: str) -> bool:
        after, before = given.get(f"{name}_after"), given.get(f"{name}_before")
        value = began(row) if column == "began" else row[column]
        return (after is None or (value is not None and value >= after)) and (
            before is None or (value is not None and value < before)
        )

    names = connection.execute(select(HOSTS.name, HOSTS.display_name).where(HOSTS.id == row["host_id"])).first() or ()
    texts = "\n".join(row[name] for name in ("message", "comment", "description", "host", "item"))
    return (
        all(map(one_of, ("severity", "status", "monitor_id", "source")))
        and row["severity"] >= given.get("min_severity", 0)
        and given.get("host", row["host"]) in (row["host"], *names)
        and given.get("suppressed", row["suppressed"]) == row["suppressed"]
        and given.get("stale", row["is_stale"]) == row["is_stale"]
        and given.get("silenced", row["silenced_by"] is not None) == (row["silenced_by"] is not None)
        and given.get("q", "").casefold() in texts.casefold()
        and is_within("began", "started")
        and is_within("last_seen_at", "last_seen")
        and is_within("resolved_at", "resolved")
    )


def walk(connection: Connection, limit: int, sort: str | None, given: Mapping[str, Any]) -> list[int]:
    """Return the ids of all pages."""
    ids: list[int] = []
    cursor: str | None = None
    while True:
        page = list_alerts(connection, PageRequest(limit, cursor), sort, **given)
        assert len(page.items) <= limit
        ids += [row["id"] for row in page.items]
        if page.next_cursor is None:
            return ids
        cursor = page.next_cursor


@pytest.mark.usefixtures("size")
def test_every_filter_and_order_gives_what_it_says(varied: Connection, drawn: random.Random) -> None:
    rows = varied.execute(select(*ALERTS)).mappings().all()
    for number in range(40):
        given, sort = draw_filters(drawn), drawn.choice((None, None, *SORTS))
        key, is_reversed = SORTS[sort] if sort else (lambda row: row["id"], True)
        texts = given.get("match", "")
        matching = [{*in_memory(varied, text)} for text in (texts if isinstance(texts, tuple) else (texts,))]
        among = set.intersection(*matching)
        wanted = [row for row in rows if row["id"] in among and is_wanted(varied, row, given)]
        expected = [row["id"] for row in sorted(wanted, key=key, reverse=is_reversed)]
        assert walk(varied, drawn.choice((3, 20, 200)), sort, given) == expected, (number, sort, given)
        first = list_alerts(varied, PageRequest(2), sort, **given)
        assert (first.total, first.is_total_exact) == (len(expected), True), given
        if "q" not in given:
            assert alert_choices.wanted_ids(varied, AlertFilter.of(**given), 200) == sorted(expected), given


def test_a_total_is_counted_up_to_a_limit(varied: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_lists, "MAX_TOTAL", 50)
    monkeypatch.setattr(alert_lists, "COUNTED_CANDIDATES", 40)
    page = list_alerts(varied)
    assert (page.total, page.is_total_exact) == (50, False)
    page = list_alerts(varied, severity=(0, 1, 2))
    assert (page.total, page.is_total_exact) == (50, False)
    page = list_alerts(varied, severity=(0, 1, 2), match="team!=none")
    assert (page.total, page.is_total_exact) == (40, False)
    assert page.next_cursor is not None
    assert list_alerts(varied, PageRequest(50, page.next_cursor), severity=(0, 1, 2), match="team!=none").total is None


def test_pages_survive_what_changes_between_them(varied: Connection) -> None:
    first = list_alerts(varied, PageRequest(10), "-severity,-started_at")
    seen = {row["id"] for row in first.items}
    varied.execute(update(Alert).where(ALERTS.id.in_(sorted(seen)[:5])).values(severity=Severity.INFO))
    rest = walk_from(varied, first.next_cursor, "-severity,-started_at")
    assert seen | set(rest) == set(range(1, 121))


def walk_from(connection: Connection, cursor: str | None, sort: str) -> list[int]:
    ids: list[int] = []
    while cursor is not None:
        page = list_alerts(connection, PageRequest(10, cursor), sort)
        ids += [row["id"] for row in page.items]
        cursor = page.next_cursor
    return ids


@pytest.mark.parametrize(
    "sort", ["name", "started_at,severity", "severity,severity", "-", "started_at,last_seen_at", ","]
)
def test_an_order_that_there_is_not_is_refused(connection: Connection, sort: str) -> None:
    with pytest.raises(Invalid, match="Must be `severity`, one of the times") as raised:
        list_alerts(connection, sort=sort)
    assert raised.value.field == "sort"


def test_a_cursor_of_another_order_is_refused(varied: Connection) -> None:
    cursor = list_alerts(varied, PageRequest(1), "-severity").next_cursor
    with pytest.raises(Invalid):
        list_alerts(varied, PageRequest(1, cursor), "-started_at")
