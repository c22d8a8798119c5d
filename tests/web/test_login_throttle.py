"""Guessing passwords is slow from wherever it is done, and the owner of an account comes in all the same."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from time_machine import travel

from app.composition import Services, build
from app.errors import NagareError, TooManyRequests, Unauthorized
from app.services.access import login_throttle, passwords
from tests.web.caller import PASSWORD, Caller

HOME, CAFE = "192.0.2.7", "198.51.100.9"
Guess = Callable[..., int | str]


@pytest.fixture
def guess(services: Services, monkeypatch: pytest.MonkeyPatch) -> Guess:
    """Return what tries to sign in, without the time that a wrong password takes; it tells what came of it."""
    monkeypatch.setattr("app.services.access.passwords.is_right", lambda _, password: password == PASSWORD)

    def guess(username: str, address: str, password: str = "wrong horse") -> str:
        try:
            services.access.auth.login(username, password, address)
        except Unauthorized:
            return "wrong"
        except TooManyRequests:
            return "wait"
        return "in"

    return guess


def other(number: int) -> str:
    return f"203.0.113.{number}"


def test_one_password_tried_on_many_names_must_wait(guess: Guess) -> None:
    assert [guess(f"name {number}", CAFE) for number in range(22)] == ["wrong"] * 20 + ["wait"] * 2
    assert guess("viewer", CAFE, PASSWORD) == "wait"
    assert guess("viewer", HOME, PASSWORD) == "in"


def test_one_account_guessed_at_from_many_addresses_must_wait_but_its_owner_need_not(guess: Guess) -> None:
    assert guess("viewer", HOME, PASSWORD) == "in"
    assert [guess("viewer", other(number)) for number in range(22)] == ["wrong"] * 20 + ["wait"] * 2
    assert guess("viewer", other(200), PASSWORD) == "wait"
    assert guess("viewer", HOME, PASSWORD) == "in"
    assert guess("operator", other(201), PASSWORD) == "in"


@pytest.mark.parametrize("blocked", ["place", "account"])
def test_where_others_guessed_no_answer_tells_which_names_exist(
    guess: Guess, services: Services, blocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("viewer", "operator", "nobody")
    assert guess("viewer", HOME, PASSWORD) == "in"
    moment = datetime.now(UTC)
    for number in range(30):
        moment += timedelta(seconds=301)
        for name in names:
            with travel(moment, tick=False):
                guess(f"{name} {number}", HOME) if blocked == "place" else guess(name, other(number))
    looked_at = []
    monkeypatch.setattr("app.services.access.passwords.is_right", lambda hash_, _: looked_at.append(hash_))
    refused = []
    for second in range(1, 7):
        with travel(moment + timedelta(seconds=2 * second), tick=False), pytest.raises(TooManyRequests) as refusal:
            services.access.auth.login(names[second % 3], "wrong horse", HOME)
        refused.append((str(refusal.value), refusal.value.retry_after_s + 2 * second))
    assert len({*refused}) == 1, refused
    assert len(looked_at) == len(refused), "what is not looked at is refused sooner"
    with travel(moment + timedelta(seconds=20), tick=False), pytest.raises(TooManyRequests):
        services.access.auth.login("viewer", PASSWORD, other(250) if blocked == "account" else HOME)


def test_the_owner_comes_in_where_and_while_others_guess(guess: Guess) -> None:
    assert guess("viewer", HOME, PASSWORD) == "in"
    assert [guess(f"name {number}", HOME) for number in range(22)] == ["wrong"] * 20 + ["wait"] * 2
    assert guess("operator", HOME, PASSWORD) == "wait"
    with travel(datetime.now(UTC) + timedelta(seconds=1.5)):
        guess("one more", HOME)
    with travel(datetime.now(UTC) + timedelta(seconds=1.6)):
        assert guess("viewer", HOME, PASSWORD) == "in"


def test_guesses_that_come_at_once_are_no_more_than_the_free_ones(services: Services, guess: Guess) -> None:
    others = build(services.settings)
    doors = [services, others]

    def login(number: int) -> str:
        try:
            doors[number % 2].access.auth.login("viewer", "wrong horse", CAFE)
        except NagareError as error:
            return error.code
        return "in"

    with closing(others), ThreadPoolExecutor(40) as threads:
        outcomes = Counter(threads.map(login, range(100)))
    assert outcomes["unauthorized"] <= 5, outcomes
    assert {*outcomes} <= {"unauthorized", "too_many_requests", "overloaded"}


def test_right_passwords_that_come_at_once_count_for_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine hashes slowly; whoever waits too long is refused, but that is another test's subject.
    monkeypatch.setattr(passwords, "PATIENCE_S", 60)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: services.access.auth.login("viewer", PASSWORD, CAFE).session_id, range(24)))
    with services.database.reading() as connection:
        assert not any(connection.execute(text("SELECT failures FROM login_throttles")).scalars())


def test_no_memory_is_no_wrong_password(services: Services) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_AS, (used + 32 * 2**20,) * 2)"
    code = f"""
import resource, sys
from app.composition import build
from app.errors import NagareError
from app.settings import load_settings
services = build(load_settings({{"NAGARE_HOME": sys.argv[1], "NAGARE_SECRET_KEY": "a secret for tests"}}))
services.database.ping()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
{limit}
for _ in range(7):
    try:
        services.access.auth.login("viewer", {PASSWORD!r}, {CAFE!r})
    except NagareError as error:
        print(error.code)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, str(services.settings.home)], capture_output=True, text=True, check=False
    )
    assert ran.stdout.split() == ["overloaded"] * 7, ran.stderr
    with services.database.reading() as connection:
        assert not any(connection.execute(text("SELECT failures FROM login_throttles")).scalars())


def test_an_account_that_does_not_exist_is_braked_alike(guess: Guess) -> None:
    assert [guess("nobody", other(number)) for number in range(22)] == ["wrong"] * 20 + ["wait"] * 2


def test_the_owner_s_own_place_has_a_counter_of_its_own_too(guess: Guess) -> None:
    guess("viewer", HOME, PASSWORD)
    assert [guess("viewer", HOME) for _ in range(6)] == ["wrong"] * 5 + ["wait"]
    with travel(datetime.now(UTC) + timedelta(seconds=2)):
        assert guess("viewer", HOME, PASSWORD) == "in"
        assert guess("viewer", HOME) == "wrong"


def test_nobody_waits_for_ever(guess: Guess) -> None:
    now = datetime.now(UTC)
    for _ in range(30):
        with travel(now):
            assert guess("viewer", CAFE) == "wrong"
        now += timedelta(seconds=301)
    with travel(now):
        assert guess("viewer", CAFE, PASSWORD) == "in"


def test_failures_long_ago_do_not_count(guess: Guess) -> None:
    for day in range(30):
        with travel(datetime.now(UTC) + timedelta(hours=2 * day)):
            assert guess(f"typing error {day}", CAFE) == "wrong"


@pytest.mark.parametrize("neighbour", ["2001:db8:1:2:ffff::9", "2001:db8:1:2::1"])
def test_a_network_of_ipv6_is_one_place(guess: Guess, neighbour: str) -> None:
    assert [guess("viewer", f"2001:db8:1:2::{number:x}") for number in range(5)] == ["wrong"] * 5
    assert guess("viewer", neighbour) == "wait"
    assert guess("viewer", "2001:db8:1:3::1") == "wrong"


def test_what_was_typed_for_a_name_is_not_kept_and_the_table_stays_small(
    guess: Guess, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_throttle, "MAX_COUNTERS", 30)
    for number in range(25):
        guess(f"hunter{number}", other(number))
    with services.database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM login_throttles")).all()
    assert len(rows) <= 30
    assert "hunter" not in repr(rows) and "203.0" not in repr(rows)


def test_the_address_is_the_client_s_only_where_a_trusted_proxy_says_so(nobody: Caller, guess: Guess) -> None:
    def ask(forwarded: str, peer: str = "127.0.0.1") -> int:
        login = {"username": "viewer", "password": "wrong horse"}
        headers = {"X-Forwarded-For": forwarded}
        return nobody.post("/auth/login", login, headers=headers, environ_base={"REMOTE_ADDR": peer}).status

    assert [ask(f"{other(1)}, {CAFE}") for _ in range(6)] == [401] * 5 + [429]
    assert ask(f"{other(2)}, {CAFE}") == 429, "what a client writes itself does not count"
    assert ask(HOME) == 401
    assert [ask(other(number), peer="198.51.100.1") for number in range(6)] == [401] * 5 + [429]
