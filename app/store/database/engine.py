"""The database: one engine, its transactions, one kind of error."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.errors import ConcurrentChange, DatabaseUnavailable, NagareError
from app.store.database.connection_pool import ConnectionPool
from app.store.database.postgresql_options import NO_LIMITS, POOL_SIZE, PostgresqlOptions
from app.store.database.single_statements import SingleReads, SingleStatement
from app.store.database.sqlite_lock import BUSY_TIMEOUT_S, retry_while_locked
from app.store.database.traced_statements import trace_statements

StatementRefused = DBAPIError
"""What a transaction raises for a value that the database does not take, besides DatabaseUnavailable."""
DURABLE_LOG = "durable_log"
"""Among what is noted of a connection to SQLite: the file that a transaction must write to the disk."""
RACE_LOST = ("23503", "23505")
"""PostgreSQL's foreign_key_violation and unique_violation (its manual, appendix A): each write is checked before, so
that only another transaction can have caused them. SQLite has one writer at a time."""


class Database:
    """Hands out transactions on SQLite or PostgreSQL.

    `durable` makes each transaction on SQLite reach the disk before it returns: what answers 202 needs that, a worker
    does not, since a task whose end was forgotten in a power cut simply runs again. `pooled=False` opens a connection
    for each transaction and closes it after: for a process that forks. `postgresql` is for PostgreSQL.
    """

    def __init__(
        self, url: str, *, durable: bool, pooled: bool = True, postgresql: PostgresqlOptions = NO_LIMITS
    ) -> None:
        self.engine = _create_engine(url, durable, postgresql)
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        self._connections = ConnectionPool(self.engine, postgresql.most, POOL_SIZE)
        self._is_pooled = pooled
        self._keeping: set[int] = set()
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
    def single_reads(self) -> Iterator[SingleReads]:
        """Hand out what reads without a transaction around it. Raises DatabaseUnavailable."""
        with self._without_transaction() as connection:
            yield SingleReads(connection)

    @contextmanager
    def single_statement(self) -> Iterator[SingleStatement]:
        """Hand out what executes a statement that is a transaction by itself.

        Both databases make one by themselves of what is sent to them at once. On PostgreSQL that saves the round trips
        to begin and to commit. On SQLite the lock is held for no longer than the statement takes: between several, the
        thread that has it would wait for its turn to run Python. Raises as `transaction` does.
        """
        with self._without_transaction() as connection:
            yield SingleStatement(connection)
            if DURABLE_LOG in connection.info:
                _write_to_disk(connection.info[DURABLE_LOG])

    @contextmanager
    def unmanaged(self) -> Iterator[Connection]:
        """Hand out a new connection to who begins and ends transactions on it. Raises DatabaseUnavailable."""
        with self._errors_named(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Let this thread's transactions in this block and in the next ones share a connection without a pool.

        Opening one costs more than what most of them do. It is opened by the first of them, and closed by one that
        fails or by `close`.
        """
        self._keeping.add(get_ident())
        try:
            yield
        finally:
            self._keeping.discard(get_ident())

    def ping(self) -> None:
        """Ask the database for nothing. Raises DatabaseUnavailable when it does not answer."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def close(self) -> None:
        """Close the connections that nobody uses, as a process must before it forks; the next use opens one again."""
        self._connections.close()

    @contextmanager
    def _connection(self, begin: str) -> Iterator[Connection]:
        """Begin and commit in the driver's words, since what is handed to it by `Prepared` begins nothing.

        If SQLAlchemy executes something it has a transaction of its own on it, which must then be ended by it.
        """
        with self._errors_named(), self._taken() as connection:
            driver: Any = connection.connection.driver_connection
            if self._is_sqlite:
                _begin_sqlite(driver, begin)
            yield connection
            if connection.in_transaction():
                connection.commit()
            else:
                driver.commit()
            if DURABLE_LOG in connection.info and begin != "BEGIN":
                _write_to_disk(connection.info[DURABLE_LOG])

    @contextmanager
    def _without_transaction(self) -> Iterator[Connection]:
        """Take a connection on which SQLAlchemy executes nothing: it would begin a transaction."""
        with self._errors_named(), self._taken() as connection:
            if self._is_sqlite:
                yield connection
                return
            # SQLAlchemy's own way, by an isolation level, takes as long as the statement.
            driver: Any = connection.connection.driver_connection
            driver.autocommit = True
            try:
                yield connection
            finally:
                if driver.info.transaction_status.name == "IDLE":
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
            raise ConcurrentChange("the same data was changed at the same time: try again") from error
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise _unavailable(error) from error

    @contextmanager
    def _taken(self) -> Iterator[Connection]:
        is_kept = self._is_pooled or get_ident() in self._keeping
        connection = self._connections.take() if is_kept else self.engine.connect()
        try:
            yield connection
        except (NagareError, IntegrityError):
            # A refusal, ours or the database's, leaves the connection as good as it was.
            _roll_back(connection)
            raise
        except BaseException:
            # Whatever interrupted it, nothing may stay half done and locked.
            connection.close()
            raise
        finally:
            if is_kept:
                self._connections.give_back(connection)
            else:
                connection.close()


def _unavailable(error: Exception) -> DatabaseUnavailable:
    """Say why without the statement and its parameters, which may hold what nobody should read."""
    cause = getattr(error, "orig", None) or error
    first_line = str(cause).partition("\n")[0]
    return DatabaseUnavailable(f"the database is unavailable: {first_line}")


def _roll_back(connection: Connection) -> None:
    """Undo what a transaction did, whether SQLAlchemy or the driver began it."""
    try:
        connection.rollback()
        driver: Any = connection.connection.driver_connection
        driver.rollback()
    except Exception:  # noqa: BLE001 - why the transaction failed is what is to be told
        connection.close()


def _create_engine(url: str, durable: bool, postgresql: PostgresqlOptions) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True, "poolclass": NullPool}
    if not url.startswith("sqlite"):
        options["connect_args"] = postgresql.connect_args(str(make_url(url).query.get("options", "")))
        return create_engine(url, **options)
    options["connect_args"] = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    engine = create_engine(url, **options)
    file = Path(engine.url.database or "")

    @event.listens_for(engine, "do_connect")
    def _keep_private(*_: Any) -> None:
        # SQLite would make a new one for everybody to read, as far as the umask lets it, and its log like it.
        if not file.exists():
            with suppress(OSError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))

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
        if mode == "wal":
            # Whatever takes a lock looks for it itself. Without the log, those who read keep others from committing.
            connection.execute("PRAGMA busy_timeout = 0")

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
        raise sqlite3.OperationalError(f"committed data may not be on disk: {error.strerror}") from error


def _begin_sqlite(driver: Any, begin: str) -> None:
    """Begin a transaction, with the lock that it needs."""
    if begin != "BEGIN":
        retry_while_locked(driver.execute, begin)
        return
    # By itself it would take none before the first statement, which does not look again.
    driver.execute(begin)
    retry_while_locked(driver.execute, "SELECT NULL FROM sqlite_schema LIMIT 0")
