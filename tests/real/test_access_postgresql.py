"""On a real PostgreSQL, where two that act at once really do: guesses and alerts are counted once each, by whoever."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext

import pytest
from sqlalchemy import text

from app.composition import Services, wire
from app.enums import Role
from app.errors import NagareError, NotFound
from app.rules.webhooks.parse import parse
from app.services.access import login_throttle, passwords
from app.store.database.engine import Database
from tests.real.services_postgresql import migrated, services, time

__all__ = ["migrated", "services", "time"]

pytestmark = pytest.mark.real
PASSWORD = "correct horse"


@pytest.fixture
def doors(services: Services) -> Iterator[list[Services]]:
    """Return two processes' services, but that they share the turn to hash, which is made as wide as it takes."""
    settings = services.settings.model_copy(update={"webhook_alerts_per_minute": 100})
    with (
        closing(Database(settings.sql_url, durable=False)) as one,
        closing(Database(settings.sql_url, durable=False)) as other,
    ):
        yield [wire(settings, database, services.broker) for database in (one, other)]


@pytest.fixture
def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all look at their passwords at once, as many processes would, in no time."""
    monkeypatch.setattr(passwords, "hashing_slot", nullcontext)
    monkeypatch.setattr(passwords, "is_right", lambda _, password: password == PASSWORD)


def outcome(services: Services, username: str, password: str, address: str) -> str:
    try:
        services.access.auth.login(username, password, address)
    except NagareError as error:
        return error.code
    return "in"


def test_guesses_at_once_are_no_more_than_the_free_ones(doors: list[Services], no_turns: None) -> None:
    doors[0].access.users.create("viewer", PASSWORD, Role.VIEWER)
    with ThreadPoolExecutor(16) as threads:
        guesses = threads.map(lambda n: outcome(doors[n % 2], "viewer", "wrong", "192.0.2.7"), range(80))
        assert Counter(guesses)["unauthorized"] == 5
        names = threads.map(lambda n: outcome(doors[n % 2], f"name {n}", "wrong", "192.0.2.8"), range(80))
        assert Counter(names)["unauthorized"] == 20
        places = threads.map(lambda n: outcome(doors[n % 2], "root", "wrong", f"192.0.2.{n + 20}"), range(80))
        assert Counter(places) == {"unauthorized": 20, "too_many_requests": 60}


def test_attempts_that_share_some_of_their_counters_do_not_wait_for_each_other_for_ever(
    doors: list[Services], no_turns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        doors[0].access.users.create(name, PASSWORD, Role.VIEWER)

    def attempt(number: int) -> str:
        password = PASSWORD if number % 3 else "wrong"
        return outcome(doors[number % 2], "abc"[number % 3], password, f"192.0.2.{number % 5}")

    # So that the table is trimmed meanwhile as well.
    monkeypatch.setattr(login_throttle, "MAX_COUNTERS", 5)
    with ThreadPoolExecutor(16) as threads:
        assert {*threads.map(attempt, range(300))} <= {"in", "unauthorized", "too_many_requests"}


def test_right_passwords_at_once_count_for_nothing(doors: list[Services]) -> None:
    doors[0].access.users.create("viewer", PASSWORD, Role.VIEWER)
    with ThreadPoolExecutor(6) as threads:
        assert {*threads.map(lambda n: outcome(doors[n % 2], "viewer", PASSWORD, "192.0.2.7"), range(12))} == {"in"}
    with doors[0].database.reading() as connection:
        assert not any(connection.execute(text("SELECT failures FROM login_throttles")).scalars())


def test_one_quota_of_alerts_for_all_processes(doors: list[Services]) -> None:
    monitors = [
        doors[0].inventory.monitors.create({"name": name, "type": "simulator", "url": "simulator://demo"})
        for name in "ab"
    ]
    tokens = [doors[0].alerts.webhooks.issue_token(monitor["id"]) for monitor in monitors]
    posted = parse([{"message": "x", "id": str(number)} for number in range(7)])

    def post(number: int) -> tuple[int, str]:
        try:
            doors[number % 2].alerts.webhooks.accept(tokens[number % 3 % 2], posted)
        except NagareError as error:
            return number % 3 % 2, error.code
        return number % 3 % 2, "taken"

    with ThreadPoolExecutor(16) as threads:
        outcomes = Counter(threads.map(post, range(120)))
    assert {outcomes[0, "taken"], outcomes[1, "taken"]} <= {14, 15, 16}, "some of it refills meanwhile"
    assert {code for _, code in outcomes} == {"taken", "too_many_requests"}


def test_a_monitor_can_be_deleted_while_it_posts(doors: list[Services]) -> None:
    posted = parse([{"message": "x"}])
    for tick in range(10):
        monitor = doors[0].inventory.monitors.create(
            {"name": str(tick), "type": "simulator", "url": "simulator://demo"}
        )
        token = doors[0].alerts.webhooks.issue_token(monitor["id"])

        def post(number: int, token: str = token, monitor_id: int = monitor["id"]) -> str:
            try:
                if number == 20:
                    doors[0].inventory.monitors.delete(monitor_id)
                else:
                    doors[number % 2].alerts.webhooks.accept(token, posted)
            except (NagareError, NotFound) as error:
                return error.code
            return "done"

        with ThreadPoolExecutor(8) as threads:
            assert {*threads.map(post, range(40))} <= {"done", "unauthorized", "concurrent_change"}


def test_refused_and_truncated_alerts_of_many_requests_at_once_are_counted_and_kept(doors: list[Services]) -> None:
    monitor = doors[0].inventory.monitors.create({"name": "lossy", "type": "simulator", "url": "simulator://demo"})
    token = doors[0].alerts.webhooks.issue_token(monitor["id"])

    def post(number: int) -> str | None:
        bad = {"status": "firing", "labels": {"number": number}}
        body = {"version": "4", "alerts": [bad, {**bad, "labels": {"alertname": "A"}}], "truncatedAlerts": 3}
        receipt = doors[number % 2].alerts.webhooks.accept(token, parse(body))
        return receipt.refused[0].task_id

    with ThreadPoolExecutor(8) as threads:
        task_ids = {*threads.map(post, range(20))}
    shown = doors[0].inventory.monitors.get(monitor["id"])
    assert (len(task_ids), shown["refused_alerts"], shown["truncated_alerts"]) == (20, 20, 60)
