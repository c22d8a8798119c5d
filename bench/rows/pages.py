"""Alerts that page people: what routes cost the intake, and how soon the first message of a page is there."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from app.composition import build
from app.settings import load_settings
from app.store.database.engine import Database
from bench import load
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.load import Target
from bench.rows.webhooks import CLIENTS, LABELS
from tests.acceptance.stack import Stack
from tests.chaos.receivers.book import Book
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

ALERTS = 10_000
RATED = 2000
SECONDS = 60
ROUTES = 200
PEOPLE = 20
"""Who is paged: each by the escalation of ten routes."""
FIRST_PAGE_MS = 2000
TICKS = 20
UNROUTED = "no routes"


def measure(environment: Environment) -> Iterator[Figure]:
    """Post alerts over 200 routes and over none, then 10,000 in a minute to 20 people behind a real receiver."""
    for kind in KINDS:
        yield _intake(environment, kind)
        with environment.stack(environment.new_database(kind), NAGARE_WEBHOOK_ALERTS_PER_MINUTE="0") as stack:
            site = Site(stack)
            site.add_routes("quiet", PEOPLE)
            site.add_routes("storm", ROUTES)
            yield _idle(environment, kind, stack)
            stack.start_worker()
            yield from _first(kind, "one alert at a time", site.page_one_by_one())
            count = environment.sizes.of(ALERTS)
            yield from _first(kind, f"{count:,} alerts in a minute", site.page_all(count, ALERTS / SECONDS))


def _first(kind: str, what: str, times_ms: list[float]) -> Iterator[Figure]:
    ordered = sorted(times_ms)
    what = f"{kind}, {what}, post to first page, "
    yield Figure(f"{what}p50", "ms", statistics.median(ordered))
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    yield Figure(f"{what}p99", "ms", p99, aim_below=FIRST_PAGE_MS)


def _intake(environment: Environment, kind: str) -> Figure:
    count = environment.sizes.of(RATED)
    rates: dict[str, list[float]] = {f"{ROUTES} routes": [], UNROUTED: []}
    with ExitStack() as exits:
        sites = {}
        for name in rates:
            url = environment.new_database(kind)
            stack = exits.enter_context(environment.stack(url, NAGARE_WEBHOOK_ALERTS_PER_MINUTE="0"))
            sites[name] = Site(stack)
            if name != UNROUTED:
                sites[name].add_routes("storm", ROUTES)
            stack.start_worker()
        for _ in range(environment.sizes.rounds):
            for name, site in sites.items():
                rates[name].append(site.rate(count))
    routed, unrouted = (statistics.median(found) for found in rates.values())
    return Figure(
        f"{kind}, {ROUTES} routes, taken in and routed", "alerts/s", routed, {UNROUTED: unrouted}, aim_ratio=0.8
    )


def _idle(environment: Environment, kind: str, stack: Stack) -> Figure:
    """Return how many statements a turn of the leader takes with all routes and without a page, and without routes."""
    with environment.stack(environment.new_database(kind)) as empty:
        unrouted = _statements_a_turn(empty)
    return Figure(
        f"{kind}, {ROUTES + PEOPLE} routes and no page, the leader's turn",
        "statements",
        _statements_a_turn(stack),
        {UNROUTED: unrouted},
        aim_ratio=1,
    )


def _statements_a_turn(stack: Stack) -> float:
    services = build(load_settings(stack.settings))
    statements: list[str] = []
    event.listen(services.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    counts = []
    for _ in range(TICKS):
        statements.clear()
        services.recovery.tick("bench")
        counts.append(len(statements))
    services.close()
    # The first turns also do what is due each minute.
    return statistics.median(counts)


class Site:
    """A monitor that posts, people who are paged by HTTP, and their receiver."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        monitor = stack.user.add_monitor("simulator://demo?hosts=1&items=1")
        self._token = stack.user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
        self._marks = iter(range(10**9))
        self._posted_at: dict[str, float] = {}
        self._url = f"json://127.0.0.1:{self._start_receiver()}"

    def add_routes(self, name: str, count: int) -> None:
        """Let the alerts of `count` teams page people, each of whom has a channel and an escalation."""
        escalations = []
        for person in range(PEOPLE):
            channel = self._made("/channels", name=f"{name} {person}", url=f"{self._url}/{name}-{person}")
            steps = [{"after_s": 0, "targets": [{"type": "channel", "id": channel}]}]
            escalations.append(self._made("/escalations", name=f"{name} {person}", steps=steps))
        for number in range(count):
            target = {"target": "escalation", "escalation_id": escalations[number % PEOPLE], "continues": False}
            team = f"{name}-{number}"
            self._made("/routes", name=team, match=f'{{team="{team}"}}', min_severity=0, on=["fired"], **target)

    def page_one_by_one(self) -> list[float]:
        """Return for each person how long one alert takes to reach the receiver, in ms."""
        for person in range(PEOPLE):
            load.run(self._target(lambda _, team=f"quiet-{person}": team), 1, requests=1)  # type: ignore[misc]
            wait_for(lambda: len(self._received("quiet")) > person, "a page", 60)  # noqa: B023
        return self._waits_ms("quiet")

    def page_all(self, count: int, rate: float) -> list[float]:
        """Post `count` alerts over all routes; return for each person how long the first page took, in ms."""
        load.run(self._target(lambda mark: f"storm-{mark % ROUTES}"), CLIENTS, requests=count, rate=rate)
        reached = min(PEOPLE, count)
        wait_for(lambda: len(self._received("storm")) == reached, "everybody to be paged", 120)
        return self._waits_ms("storm")

    def rate(self, count: int) -> float:
        """Return how many alerts are taken in and routed per second."""
        with closing(Database(self._stack.settings["DATABASE_URL"], durable=False)) as database:
            known = _number(database, "alerts")
            begun_at = time.monotonic()
            load.run(self._target(lambda mark: f"storm-{mark % ROUTES}"), CLIENTS, requests=count)
            wait_for(lambda: _number(database, "alerts") == known + count, f"{count} alerts to be taken in", 300)
            wait_for(lambda: _number(database, "alert_events WHERE is_pending") == 0, "their routes", 300)
            return count / (time.monotonic() - begun_at)

    def _target(self, team_of: Callable[[int], str]) -> Target:
        def body(_: int) -> bytes:
            mark = next(self._marks)
            team = team_of(mark)
            self._posted_at.setdefault(_person_of(team), time.time())
            labels = {**LABELS, "team": team, "pod": f"cart-{mark}", "instance": f"10.0.{mark % 250}.9:9100"}
            alert = {"message": "磁盘空间不足", "severity": "critical", "id": f"disk {mark}", "labels": labels}
            return json.dumps(alert).encode()

        return Target(f"http://127.0.0.1:{self._stack.port}/api/v1/alerts/webhook", "POST", self._token, body, 202)

    def _received(self, name: str) -> dict[str, float]:
        """Return when each person got the first message."""
        found: dict[str, float] = {}
        for message in self._book.all():
            person = message["to"].removeprefix("/")
            if person.startswith(f"{name}-"):
                found.setdefault(person, datetime.fromisoformat(message["at"]).timestamp())
        return found

    def _waits_ms(self, name: str) -> list[float]:
        return [(at - self._posted_at[person]) * 1000 for person, at in self._received(name).items()]

    def _start_receiver(self) -> int:
        port, path = free_port(), Path(self._stack.folder) / "received.jsonl"
        self._book = Book(path)
        receiver = (sys.executable, "-m", "tests.chaos.receivers.http", str(port), str(path))
        self._stack.start("receiver", *receiver)
        return port

    def _made(self, path: str, **fields: Any) -> int:
        return int(self._stack.user.post(path, 201, fields)["id"])


def _person_of(team: str) -> str:
    name, _, number = team.partition("-")
    return f"{name}-{int(number) % PEOPLE}"


def _number(database: Database, rows: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {rows}")).scalar_one())
