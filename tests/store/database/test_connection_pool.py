"""A process's connections: how many, which stay, and what becomes of one on which something failed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Barrier

import pytest
from sqlalchemy import Connection, bindparam, select, text

from app.errors import DatabaseUnavailable, NotFound
from app.models import LoginThrottle
from app.store.access import login_throttle
from app.store.database import connection_pool
from app.store.database.dialects import table_of
from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from app.store.database.prepared_statements import Prepared
from tests.store.rows import NOW

THROTTLES = table_of(LoginThrottle)
FIND = Prepared(select(THROTTLES.c.failures).where(THROTTLES.c.subject == bindparam("subject")))
FORGET = Prepared(THROTTLES.delete().where(THROTTLES.c.subject == bindparam("subject")))


def driver_of(connection: Connection) -> object:
    return connection.connection.driver_connection


@contextmanager
def driver_in(database: Database) -> Iterator[object]:
    with database.reading() as connection:
        yield driver_of(connection)


def test_no_more_are_open_at_once_and_what_fails_takes_none_away(
    migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_pool, "WAIT_S", 0.05)
    with closing(Database(migrated, durable=False, postgresql=PostgresqlOptions(most=2))) as database:
        for error in (NotFound("gone"), ZeroDivisionError()):
            for _ in range(3):
                with pytest.raises(type(error)), database.transaction():
                    raise error
        with (
            driver_in(database) as first,
            driver_in(database) as second,
            pytest.raises(DatabaseUnavailable, match="all 2 connections"),
        ):
            database.ping()
        with driver_in(database) as third, driver_in(database) as fourth:
            assert {third, fourth} == {first, second}


def test_who_waits_gets_the_next_one(migrated: str) -> None:
    barrier = Barrier(8)

    def ask(_: int) -> int:
        barrier.wait()
        return sum(_one(database) for _ in range(20))

    with (
        closing(Database(migrated, durable=False, postgresql=PostgresqlOptions(most=2))) as database,
        ThreadPoolExecutor(8) as threads,
    ):
        assert list(threads.map(ask, range(8))) == [20] * 8


def _one(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())


def test_a_refusal_undoes_everything_and_the_connection_goes_on(database: Database) -> None:
    with database.transaction() as connection:
        login_throttle.add_failures(connection, ["old"], NOW, NOW)
        driver = driver_of(connection)
    with pytest.raises(NotFound), database.transaction() as connection:
        # One word goes to the driver before SQLAlchemy says one, and one after.
        assert FORGET.run(connection, {"subject": "old"}) == 1
        login_throttle.add_failures(connection, ["new"], NOW, NOW)
        assert FORGET.run(connection, {"subject": "new"}) == 1
        raise NotFound("gone")
    with database.transaction() as connection:
        assert driver_of(connection) is driver
        assert FIND.find(connection, {"subject": "old"}) == {"failures": 1}
        assert login_throttle.count(connection) == 1


def test_what_was_only_handed_to_the_driver_is_committed_too(database: Database) -> None:
    with database.transaction() as connection:
        login_throttle.add_failures(connection, ["old"], NOW, NOW)
    with database.transaction() as connection:
        assert FORGET.run(connection, {"subject": "old"}) == 1
    with database.unmanaged() as connection:
        assert FIND.find(connection, {"subject": "old"}) is None


def test_a_connection_is_not_used_again_after_an_error_that_nobody_foresaw(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        login_throttle.add_failures(connection, ["x"], NOW, NOW)
        driver = driver_of(connection)
        raise ZeroDivisionError
    with database.transaction() as connection:
        assert driver_of(connection) is not driver
        assert login_throttle.count(connection) == 0
