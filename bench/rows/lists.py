"""Lists and searches in a million items, alerts and tasks: first page, page 10,000, filters, texts."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, text

from app.store.database.engine import Database
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.fleet import HISTORY_BEGAN, NEEDLE, TASK_ID_END, FleetSize
from bench.timing import p99_ms
from tests.acceptance.stack import Stack

PAGE = 50
DEEP_PAGE = 10_000
BELOW_MS = 50
FLAT = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """A list requested over HTTP, and the condition of an equivalent SQL query."""

    name: str
    path: str
    table: str
    query: Mapping[str, object]
    where: str
    order: str

    def over_http(self, stack: Stack) -> None:
        """Request the page and parse it, as a client does."""
        assert stack.user.get(self.path, limit=PAGE, **self.query)["items"]

    def by_hand(self, connection: Connection) -> None:
        """Run the same query, written by hand."""
        statement = f"SELECT * FROM {self.table} WHERE {self.where} ORDER BY {self.order} LIMIT {PAGE}"
        connection.execute(text(statement)).all()


def measure(environment: Environment) -> Iterator[Figure]:
    """Request each list over HTTP, one after the other, and query the same rows with hand-written SQL."""
    for kind in KINDS:
        url = environment.big_database(kind)
        with environment.stack(url) as stack, closing(Database(url, durable=False)) as database:
            for cases in (
                _items(environment.fleet_size),
                _alerts(environment.fleet_size),
                _tasks(environment.fleet_size),
            ):
                yield from _figures(kind, cases, stack, database)


def _figures(kind: str, cases: Sequence[Case], stack: Stack, database: Database) -> Iterator[Figure]:
    """Measure the cases of a table; the first is the first page and the second a deep one."""
    first = 0.0
    for number, case in enumerate(cases):
        ours = p99_ms(partial(case.over_http, stack))
        with database.reading() as connection:
            beside = {"by hand": p99_ms(partial(case.by_hand, connection))}
        what = f"{kind}, {case.table}, {case.name}, p99"
        if number == 1:
            beside = {"first page": first, **beside}
            yield Figure(what, "ms", ours, beside, aim_ratio=FLAT, aim_below=BELOW_MS)
        else:
            yield Figure(what, "ms", ours, beside, aim_below=BELOW_MS)
        first = first or ours


def _items(size: FleetSize) -> list[Case]:
    list_of = partial(Case, path="/items", table="items", order="id")
    page, before = _deep(size.items)
    host = size.hosts // 2
    like = f"(name LIKE '%{NEEDLE}%' OR key LIKE '%{NEEDLE}%' OR description LIKE '%{NEEDLE}%')"
    return [
        list_of("first page", query={}, where="id > 0"),
        list_of(page, query={"cursor": _cursor(before)}, where=f"id > {before}"),
        list_of("of one host", query={"host_id": host}, where=f"host_id = {host}"),
        list_of("in error, 1 in 1,000", query={"status": 2}, where="status = 2"),
        list_of("text that one has", query={"q": NEEDLE}, where=like),
        list_of("text that many have", query={"q": "指标"}, where="name LIKE '%指标%'"),
    ]


def _alerts(size: FleetSize) -> list[Case]:
    list_of = partial(Case, path="/alerts", table="alerts", order="id DESC")
    page, before = _deep(size.alerts)
    before = size.alerts + 1 - before
    host = size.hosts // 2
    like = f"(message LIKE '%{NEEDLE}%' OR comment LIKE '%{NEEDLE}%')"
    return [
        list_of("first page", query={}, where="id > 0"),
        list_of(page, query={"cursor": _cursor(before)}, where=f"id < {before}"),
        list_of("active critical", query={"severity": 2, "status": 0}, where="severity = 2 AND status = 0"),
        list_of("of one host", query={"host_id": host}, where=f"host_id = {host}"),
        list_of("text that one has", query={"q": NEEDLE}, where=like),
        list_of("matching 1 in 100,000", query={"match": "pod=pod-7"}, where=_has("pod", "= 'pod-7'")),
        list_of("matching 1 in 4", query={"match": "region=region-1"}, where=_has("region", "= 'region-1'")),
        list_of(
            "matching two labels, 1 in 20",
            query={"match": "{team=team-1,region=region-1}"},
            where=" AND ".join(_has(name, f"= '{name}-1'") for name in ("team", "region")),
        ),
        list_of(
            "matching a pattern with a prefix",
            query={"match": '{namespace=~"namespace-1.*"}'},
            where=_has("namespace", "LIKE 'namespace-1%'"),
        ),
    ]


def _has(name: str, value: str) -> str:
    """Return the condition that an alert has a label with such a value."""
    pairs = f"SELECT id FROM label_pairs WHERE name = '{name}' AND value {value}"
    return f"EXISTS (SELECT 1 FROM alert_labels WHERE alert_id = alerts.id AND pair_id IN ({pairs}))"


def _tasks(size: FleetSize) -> list[Case]:
    list_of = partial(Case, path="/tasks", table="task_runs", order="created_at DESC, id DESC")
    page, before = _deep(size.tasks)
    number = size.tasks + 1 - before
    at = HISTORY_BEGAN + timedelta(seconds=number)
    task_id = f"pull_hosts:{number:08d}{TASK_ID_END}"
    older = f"(created_at, id) < ('{at:%Y-%m-%d %H:%M:%S.%f}', '{task_id}')"
    return [
        list_of("first page", query={}, where="1 = 1"),
        list_of(page, query={"cursor": _cursor(at.isoformat(), task_id)}, where=older),
        list_of("dead, 1 in 1,000", query={"state": "dead"}, where="state = 'dead'"),
        list_of("of one monitor", query={"monitor_id": 1}, where="monitor_id = 1"),
    ]


def _deep(count: int) -> tuple[str, int]:
    """Return the name of a deep page, and the number of rows before it."""
    pages = min(DEEP_PAGE - 1, count // PAGE // 2)
    return f"page {pages + 1:,}", pages * PAGE


def _cursor(*values: object) -> str:
    """Return the cursor behind a row: walking through 10,000 pages to get it would take minutes."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
