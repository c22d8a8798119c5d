"""The database: one engine, its transactions, one kind of error."""

import os
import random
import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import clock, tracing
from app.errors import ConcurrentChange, DatabaseUnavailable
from app.store.sessions import POOL_SIZE, UNLIMITED, Sessions
from app.store.traced_statements import trace_statements

StatementRefused = DBAPIError
"""What a transaction raises for a value that the database does not take, besides DatabaseUnavailable."""
BUSY_TIMEOUT_S = 5.0
BUSY_LOOK_S = 0.002
POOL_TIMEOUT_S = 10
DURABLE_LOG = "durable_log"
"""Among what is noted of a connection to SQLite: the file that a transaction must write to the disk."""
RACE_LOST = ("23503", "23505")
"""PostgreSQL's foreign_key_violation and unique_violation (its manual, appendix A): each write is checked before, so
that only another transaction can have caused them. SQLite has one writer at a time."""


class Database:
    """Hands out transactions on SQLite or PostgreSQL.

    `durable` makes each transaction on SQLite reach the disk before it returns: what answers 202 needs that, a worker
    does not, since a task whose end was forgotten in a power cut simply runs again. `pooled=False` opens a connection
    for each transaction and closes it after: for a process that forks. `sessions` is for PostgreSQL.
    """

    def __init__(self, url: str, *, durable: bool, pooled: bool = True, sessions: Sessions = UNLIMITED) -> None:
        self.engine = _create_engine(url, durable, pooled, sessions)
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        self._keeping: set[int] = set()
        self._kept: dict[int, Connection] = {}
        if tracing.is_on():
            trace_statements(self.engine)

    @contextmanager
    def transaction(self, *, is_long: bool = False) -> Iterator[Connection]:
        """Open a transaction that writes; it commits unless the block raises.

        A statement of one that `is_long` may take longer than others. Raises DatabaseUnavailable when the database does
        not answer in time, is locked or full, and ConcurrentChange when another transaction just took a name that was
        free, or deleted what this one refers to.
        """
        with self._connection("BEGIN IMMEDIATE") as connection:
            if is_long and connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads: on SQLite it waits for no writer. Raises DatabaseUnavailable."""
        with self._connection("BEGIN") as connection:
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Hand out a connection for a single statement that only reads: it needs no transaction around it.

        Raises DatabaseUnavailable.
        """
        with self._errors_named(), self._autocommitted() as connection:
            yield connection

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """Hand out a connection for one call of a method of `Prepared`, which then is a transaction.

        PostgreSQL makes one by itself of what is sent to it at once: that saves the round trips to begin and to commit.
        Raises as `transaction` does.
        """
        is_one = not self._is_sqlite and not tracing.is_on()
        with self.autocommit() if is_one else self.transaction() as connection:
            yield connection

    @contextmanager
    def bare(self) -> Iterator[Connection]:
        """Hand out a connection to who begins and ends transactions on it. Raises DatabaseUnavailable."""
        with self._errors_named(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Let this thread's transactions in this block and in the next ones share a connection.

        Opening one costs more than what most of them do. It is opened by the first of them, and closed by one that
        fails or by `let_go`.
        """
        self._keeping.add(get_ident())
        try:
            yield
        finally:
            self._keeping.discard(get_ident())

    def let_go(self) -> None:
        """Close the connections that were kept open, as a process must before it forks."""
        while self._kept:
            self._kept.popitem()[1].close()

    def ping(self) -> None:
        """Ask the database for nothing. Raises DatabaseUnavailable when it does not answer."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def close(self) -> None:
        """Close all pooled connections, and those that were kept open."""
        self.let_go()
        self.engine.dispose()

    @contextmanager
    def _connection(self, begin: str) -> Iterator[Connection]:
        with self._errors_named(), self._connected() as connection:
            connection.execution_options(sqlite_begin=begin)
            with connection.begin():
                yield connection
            if DURABLE_LOG in connection.info and begin != "BEGIN":
                _write_to_disk(connection.info[DURABLE_LOG])

    @contextmanager
    def _autocommitted(self) -> Iterator[Connection]:
        with self._connected() as connection:
            if self._is_sqlite:
                connection.execution_options(sqlite_begin="")
                yield connection
                # What SQLAlchemy takes for a transaction would keep a connection that is kept open from the next ones.
                connection.rollback()
                return
            # SQLAlchemy's own way, by an isolation level, takes as long as the statement.
            driver: Any = connection.connection.driver_connection
            driver.autocommit = True
            try:
                yield connection
            finally:
                if driver.info.transaction_status.name == "IDLE":
                    connection.rollback()
                    driver.autocommit = False
                else:
                    # Lost, or interrupted in the middle of an answer.
                    connection.invalidate()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError) as error:
            raise _unavailable(error) from error
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) not in RACE_LOST:
                raise
            raise ConcurrentChange("somebody else changed the same at this moment: try again") from error
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise _unavailable(error) from error

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        thread = get_ident()
        if thread in self._keeping:
            kept = self._kept[thread] = self._kept.get(thread) or self.engine.connect()
            # A transaction inside another one needs a connection of its own.
            if not kept.in_transaction():
                try:
                    yield kept
                except BaseException:
                    # Whatever interrupted it, nothing may stay half done and locked.
                    self._kept.pop(thread, kept).close()
                    raise
                return
        with self.engine.connect() as connection:
            yield connection


def _unavailable(error: Exception) -> DatabaseUnavailable:
    """Say why without the statement and its parameters, which may hold what nobody should read."""
    cause = getattr(error, "orig", None) or error
    first_line = str(cause).partition("\n")[0]
    return DatabaseUnavailable(f"the database is not available: {first_line}")


def _create_engine(url: str, durable: bool, pooled: bool, sessions: Sessions) -> Engine:
    is_sqlite = url.startswith("sqlite")
    options: dict[str, Any] = {"hide_parameters": True}
    # What is not used stays open up to POOL_SIZE: to open a connection costs more than most of what it is opened for.
    kept = min(POOL_SIZE, sessions.most)
    pool = {"pool_size": kept, "max_overflow": sessions.most - kept, "pool_timeout": POOL_TIMEOUT_S}
    options |= pool if pooled else {"poolclass": NullPool}
    if not is_sqlite:
        options["connect_args"] = sessions.connect_args(str(make_url(url).query.get("options", "")))
        engine = create_engine(url, **options)
        event.listen(engine, "checkout", _refuse_closed)
        return engine
    options["connect_args"] = {"timeout": BUSY_TIMEOUT_S}
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        # The driver's own way to begin would start a transaction late and upgrade it from a reader to a writer, which
        # fails at once, whatever the busy timeout, when another one wrote in between.
        connection.isolation_level = None
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        # A file system on which processes cannot share memory has no write-ahead log.
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
        if durable and mode == "wal":
            _, _, path = connection.execute("PRAGMA database_list").fetchone()
            record.info[DURABLE_LOG] = Path(f"{path}-wal")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        begin = connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE")
        driver: Any = connection.connection.driver_connection
        if begin == "BEGIN":
            # Who only reads takes no lock before the first statement.
            driver.execute(begin)
        elif begin:
            _begin_sqlite(driver, begin)

    return engine


def _write_to_disk(write_ahead_log: Path) -> None:
    """Write to the disk what was committed, this transaction and those before it. Raises OperationalError.

    `synchronous = FULL` does the same while it holds the lock for which all other writers wait. What a checkpoint has
    taken out of the log in the meantime is on the disk too: with NORMAL, SQLite waits for that (its PRAGMA manual).
    """
    try:
        file = os.open(write_ahead_log, os.O_RDONLY)
        try:
            os.fdatasync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise sqlite3.OperationalError(f"what was committed may not be on the disk: {error.strerror}") from error


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool replace a connection that the server has ended while it lay there, by a restart or unheard.

    A request that met it would be answered 503. One that is idle has nothing to read but its end, so that a look at the
    socket tells, without the round trip of a ping.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("the server has closed the connection")


def _begin_sqlite(driver: Any, begin: str) -> None:
    """Begin a transaction; of several writers at once, look often whether it is our turn.

    SQLite's own wait sleeps longer each time, so that the lock lies idle while processes that want it sleep.
    """
    driver.execute("PRAGMA busy_timeout = 0")
    give_up_at = clock.monotonic() + BUSY_TIMEOUT_S
    try:
        while True:
            try:
                driver.execute(begin)
                return
            except sqlite3.OperationalError as error:
                # The lowest byte is the kind; busy is also who meets another one that repairs the file after a crash.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() > give_up_at:
                    raise
            clock.sleep(random.uniform(0, BUSY_LOOK_S))
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")
