"""Transactions, and databases that are away."""

import errno
import os
import socket
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, column, insert, literal, select, table, text
from sqlalchemy.exc import IntegrityError

from app.errors import ConcurrentChange, DatabaseUnavailable
from app.models import LoginThrottle
from app.store.access import login_throttle
from app.store.database import sqlite_lock
from app.store.database.dialects import table_of
from app.store.database.engine import Database
from app.store.database.prepared_reads import PreparedRead
from app.store.database.prepared_statements import Prepared, PreparedInsert
from app.store.database.single_statements import connection_of
from app.store.ledger import idempotency, queue_pauses
from tests.store.rows import LATER, NOW

HOUR = timedelta(hours=1)

ADD_TO_T = Prepared(insert(table("t", column("x"))).values(x=1))


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        queue_pauses.pause(connection, "pull_hosts", NOW)
        raise ZeroDivisionError
    with database.reading() as connection:
        assert queue_pauses.paused_types(connection) == set()


def _driver(connection: Connection) -> object:
    return connection.connection.driver_connection


def _driver_in(database: Database) -> object:
    with database.reading() as connection:
        return _driver(connection)


def test_blocks_that_keep_it_open_share_a_connection_until_a_transaction_fails(migrated: str) -> None:
    database = Database(migrated, durable=False, pooled=False)
    opened = []
    for _ in range(2):
        with database.kept_open():
            for transaction in (database.transaction, database.reading):
                with transaction() as connection:
                    opened.append(_driver(connection))
                    with database.reading() as inner:
                        assert _driver(inner) is not opened[0]
    assert {*opened} == {opened[0]}
    with database.reading() as connection:
        assert _driver(connection) is not opened[0]
    with database.kept_open():
        with ThreadPoolExecutor(1) as another, database.reading():
            assert another.submit(_driver_in, database).result() is not opened[0]
        with pytest.raises(ZeroDivisionError), database.transaction() as connection:
            assert _driver(connection) is opened[0]
            raise ZeroDivisionError
        with database.reading() as connection:
            assert _driver(connection) is not opened[0]
    database.close()


def test_what_is_sent_at_once_is_a_transaction_on_the_connection_that_is_kept(database: Database) -> None:
    with database.kept_open():
        with database.transaction() as connection:
            driver = _driver(connection)
        add_each(database, "a", "b")
        for _ in range(2):
            with pytest.raises((ConcurrentChange, IntegrityError)):
                add_each(database, "c", "d", "a")
        with database.single_statement() as statement:
            assert _driver(connection_of(statement)) is driver or database.engine.dialect.name == "sqlite"
        # The connection begins transactions again.
        with pytest.raises(ZeroDivisionError), database.transaction() as connection:
            fail(connection, "e", NOW, NOW)
            raise ZeroDivisionError
    with database.reading() as connection:
        assert login_throttle.count(connection) == 2


def test_reading_without_a_transaction_leaves_a_kept_connection_to_the_next_one(migrated: str) -> None:
    with closing(Database(migrated, durable=False, pooled=False)) as database, database.kept_open():
        with database.transaction() as connection:
            driver = _driver(connection)
        with database.single_reads() as reads:
            assert PreparedRead(select(literal(1).label("one"))).find(reads, {}) == {"one": 1}
            assert _driver(connection_of(reads)) is driver
        with database.transaction() as connection:
            assert _driver(connection) is driver


def add_each(database: Database, *keys: str) -> None:
    columns = [LoginThrottle.subject, LoginThrottle.failures, LoginThrottle.last_failed_at]
    given = select(*(bindparam(column.key, type_=column.type) for column in columns))
    add = PreparedInsert(table_of(LoginThrottle), [column.key for column in columns], given)
    with database.single_statement() as statement:
        add.add(statement, [{"subject": key, "failures": 1, "last_failed_at": NOW} for key in keys])


def test_a_durable_transaction_is_on_the_disk_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(os, "fdatasync", lambda file: written.append(Path(f"/proc/self/fd/{file}").readlink()))
    path = tmp_path / "数据 1.db"
    for is_durable in (True, False):
        with closing(Database(f"sqlite:///{path}", durable=is_durable)) as database:
            for transaction in (database.transaction, database.single_statement, database.reading):
                with transaction():
                    pass
        assert written == [Path(f"{path}-wal")] * 2


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    with closing(Database(f"sqlite:///{tmp_path / 'x.db'}", durable=True)) as database:
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match="Input/output error"), database.transaction():
                pass


def test_without_a_write_ahead_log_sqlite_itself_waits_for_the_disk(tmp_path: Path) -> None:
    # Of SQLite's ways to reach files this one shares no memory between processes.
    url = f"sqlite:///file:{tmp_path / 'x.db'}?vfs=unix-dotfile&uri=true"
    with closing(Database(url, durable=True)) as database, database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "delete"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_a_locked_sqlite_is_unavailable_and_readers_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_lock, "BUSY_TIMEOUT_S", 0.1)
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", durable=True)
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    with database.transaction():
        with pytest.raises(DatabaseUnavailable, match="locked"), database.transaction():
            pass
        with pytest.raises(DatabaseUnavailable, match="locked"):
            _add_at_once(database)
        with database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
    database.close()


@pytest.mark.parametrize("file_system", ["", "vfs=unix-dotfile&uri=true"])
def test_who_finds_sqlite_locked_waits_for_it(tmp_path: Path, file_system: str) -> None:
    path = f"file:{tmp_path / 'x.db'}?{file_system}" if file_system else tmp_path / "x.db"
    with closing(Database(f"sqlite:///{path}", durable=True)) as database, ThreadPoolExecutor() as threads:
        with database.transaction() as connection:
            connection.execute(text("CREATE TABLE t (x)"))
        with database.transaction() as connection:
            waiting = [threads.submit(_add_at_once, database), threads.submit(_add_in_a_transaction, database)]
            connection.execute(text("INSERT INTO t VALUES (0)"))
            assert wait(waiting, timeout=0.3).not_done == {*waiting}
        assert [each.result(30) for each in waiting] == [1, 1]
        with database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 3


def _add_at_once(database: Database) -> int:
    with database.single_statement() as statement:
        return ADD_TO_T.run(statement, {})


def _add_in_a_transaction(database: Database) -> int:
    with database.transaction() as connection:
        return ADD_TO_T.run(connection, {})


def test_a_server_that_is_away_is_unavailable_and_its_password_is_not_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://nagare:hunter22@127.0.0.1:{taken.getsockname()[1]}/nagare"
        database = Database(url, durable=True)
        with pytest.raises(DatabaseUnavailable) as error, database.reading():
            pass
    assert "hunter22" not in str(error.value)
    database.close()


def test_a_key_is_bound_once_until_it_is_old(database: Database) -> None:
    row = {"user_id": 1, "key": "k", "fingerprint": "f", "task_id": "a", "created_at": NOW}
    with database.transaction() as connection:
        assert idempotency.reserve(connection, row, NOW - (LATER - NOW)) is None
        earlier = idempotency.reserve(connection, row | {"task_id": "b"}, NOW - (LATER - NOW))
        assert earlier is not None and earlier["task_id"] == "a"
        assert idempotency.reserve(connection, row | {"user_id": 2, "task_id": "c"}, NOW - (LATER - NOW)) is None
        assert idempotency.reserve(connection, row | {"task_id": "d", "created_at": LATER}, NOW) is None


def test_failed_sign_ins_are_counted_and_forgotten(database: Database) -> None:
    with database.transaction() as connection:
        assert [fail(connection, "a", NOW, NOW - HOUR) for _ in range(3)] == [1, 2, 3]
        assert login_throttle.blocked(connection, ["a", "b"], NOW) == {}
        login_throttle.block(connection, "a", LATER)
        assert login_throttle.blocked(connection, ["a", "b"], NOW) == {"a": LATER}
        assert login_throttle.blocked(connection, ["a", "b"], LATER) == {}
        assert fail(connection, "a", NOW, NOW - HOUR) == 3, "what is blocked does not count"
        assert fail(connection, "a", NOW + 2 * HOUR, NOW + HOUR) == 1
        login_throttle.clear(connection, "a")
        assert fail(connection, "a", NOW, NOW - HOUR) == 1


def test_a_failure_is_taken_back_with_the_block_that_it_brought_about(database: Database) -> None:
    with database.transaction() as connection:
        for _ in range(2):
            fail(connection, "a", NOW, NOW - HOUR)
        login_throttle.block(connection, "a", LATER)
        login_throttle.take_failure_back(connection, "a", None)
        assert login_throttle.blocked(connection, ["a"], NOW) == {"a": LATER}, "another one brought that about"
        login_throttle.take_failure_back(connection, "a", LATER)
        login_throttle.take_failure_back(connection, "a", LATER)
        assert login_throttle.blocked(connection, ["a"], NOW) == {}
        assert fail(connection, "a", NOW, NOW - HOUR) == 1


def test_what_is_free_is_taken_once(database: Database) -> None:
    with database.transaction() as connection:
        assert [login_throttle.take_free(connection, "a", NOW, LATER) for _ in range(2)] == [True, False]
        assert login_throttle.take_free(connection, "a", LATER, LATER + HOUR)


def test_of_too_many_failed_sign_ins_those_are_forgotten_that_count_least(database: Database) -> None:
    with database.transaction() as connection:
        for number in range(20):
            fail(connection, f"made up {number}", NOW, NOW - HOUR)
        for _ in range(2):
            fail(connection, "guessed at", NOW - HOUR, NOW - 2 * HOUR)
        login_throttle.trim(connection, 21)
        assert login_throttle.count(connection) == 21
        login_throttle.trim(connection, 20)
        assert login_throttle.count(connection) == 18
        assert fail(connection, "guessed at", NOW, NOW - 2 * HOUR) == 3


def fail(connection: Connection, subject: str, now: datetime, unless_before: datetime) -> int:
    [counted] = login_throttle.add_failures(connection, [subject], now, unless_before)
    return counted[1]


def test_a_database_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with closing(Database(f"sqlite:///{tmp_path / 'new.db'}", durable=True)) as database:
            with database.transaction() as connection:
                connection.execute(text("CREATE TABLE secrets (secret text)"))
            made = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert made == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
