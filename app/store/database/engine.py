"""The database: one engine, its transactions, and the mapping of its errors."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.errors import ConcurrentChange, DatabaseUnavailable, NagareError
from app.store.database.connection_pool import ConnectionPool
from app.store.database.postgresql_options import NO_LIMITS, POOL_SIZE, PostgresqlOptions
from app.store.database.single_statements import SingleReads, SingleStatement
from app.store.database.sqlite_lock import BUSY_TIMEOUT_S, retry_while_locked
from app.store.database.traced_statements import trace_statements

View = TypeVar("View", SingleReads, SingleStatement)
StatementRefused = DBAPIError
"""Raised by a transaction, besides DatabaseUnavailable, for a value that the database rejects."""
DURABLE_LOG = "durable_log"
"""The key in a SQLite connection's `info` of the file that a transaction must sync to the disk."""
DATABASE_ERRORS = (DBAPIError, PoolTimeout, sqlite3.OperationalError)
RACE_LOST = ("23503", "23505")
"""PostgreSQL's foreign_key_violation and unique_violation (its manual, appendix A).

Each write is checked before, so only a concurrent transaction can cause them. SQLite has one writer at a time.
"""


class Database:
    """Provides transactions on SQLite or PostgreSQL.

    `durable` makes each transaction on SQLite reach the disk before it returns: a 202 needs that, a worker does not,
    since a task whose end is lost in a power cut simply runs again. `pooled=False` opens a connection for each
    transaction and closes it after, for a process that forks. `postgresql` applies to PostgreSQL only.
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

        With `is_long`, its statements may take longer than usual. Raises DatabaseUnavailable if the database does not
        respond in time, is locked or full, and ConcurrentChange if another transaction just took a name that was free,
        or deleted a referenced row.
        """
        with self._connection("BEGIN IMMEDIATE") as connection:
            if is_long and connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only transaction: on SQLite it waits for no writer. Raises DatabaseUnavailable."""
        with self._connection("BEGIN") as connection:
            yield connection

    def single_reads(self) -> AbstractContextManager[SingleReads]:
        """Provide an object for reads without a transaction around them. Raises DatabaseUnavailable."""
        return self._without_transaction(SingleReads, is_durable=False)

    def single_statement(self) -> AbstractContextManager[SingleStatement]:
        """Provide an object for one statement that is its own transaction.

        Both databases run a single statement as a transaction. On PostgreSQL this saves the round trips of BEGIN and
        COMMIT. On SQLite the lock is held only while the statement runs: with several statements, the thread that holds
        it would wait for the GIL in between. Raises as `transaction`.
        """
        return self._without_transaction(SingleStatement, is_durable=True)

    @contextmanager
    def unmanaged(self) -> Iterator[Connection]:
        """Provide a new connection on which the caller begins and ends transactions. Raises DatabaseUnavailable."""
        with _errors_named(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Make this thread's transactions, in this block and later ones, share a connection without a pool.

        Opening a connection costs more than what most of them do. The first one opens it; a failing one or `close`
        closes it.
        """
        self._keeping.add(get_ident())
        try:
            yield
        finally:
            self._keeping.discard(get_ident())

    def ping(self) -> None:
        """Send an empty request to the database. Raises DatabaseUnavailable if it does not respond."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def close(self) -> None:
        """Close the idle connections, as a process must before it forks; the next use opens one again."""
        self._connections.close()

    @contextmanager
    def _connection(self, begin: str) -> Iterator[Connection]:
        """Begin and commit with the driver, since statements of `Prepared` begin no transaction.

        If SQLAlchemy executes something, it has its own transaction on the connection, and must end that itself.
        """
        with self._taken() as connection:
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
    def _without_transaction(self, view: Callable[[Connection], View], *, is_durable: bool) -> Iterator[View]:
        """Provide a view of a connection that does not use SQLAlchemy, which would begin a transaction."""
        with self._taken() as connection:
            if self._is_sqlite:
                yield view(connection)
                if is_durable and DURABLE_LOG in connection.info:
                    _write_to_disk(connection.info[DURABLE_LOG])
                return
            # SQLAlchemy's own way, an isolation level, takes as long as the statement.
            driver: Any = connection.connection.driver_connection
            driver.autocommit = True
            try:
                yield view(connection)
            finally:
                if driver.info.transaction_status.name == "IDLE":
                    driver.autocommit = False
                else:
                    # The connection is lost, or was interrupted in the middle of a response.
                    connection.invalidate()

    @contextmanager
    def _taken(self) -> Iterator[Connection]:
        is_kept = self._is_pooled or get_ident() in self._keeping
        try:
            connection = self._connections.take() if is_kept else self.engine.connect()
            try:
                yield connection
            except (NagareError, IntegrityError):
                # After a rejection, by us or by the database, the connection is still good.
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
        except DATABASE_ERRORS as error:
            # Not by `_errors_named`: one context manager less is 1 µs of each transaction.
            named = _named(error)
            if named is None:
                raise
            raise named from error


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        named = _named(error)
        if named is None:
            raise
        raise named from error


def _named(error: Exception) -> NagareError | None:
    """Return the error that a transaction raises for one of the database's; None when it raises that itself."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | sqlite3.OperationalError):
        return _unavailable(error)
    if isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", None) in RACE_LOST:
        return ConcurrentChange("the same data was changed at the same time: try again")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _unavailable(error)
    return None


def _unavailable(error: Exception) -> DatabaseUnavailable:
    """Return the reason without the statement and its parameters, which may hold secrets."""
    cause = getattr(error, "orig", None) or error
    first_line = str(cause).partition("\n")[0]
    return DatabaseUnavailable(f"the database is unavailable: {first_line}")


def _roll_back(connection: Connection) -> None:
    """Roll a transaction back, whether SQLAlchemy or the driver began it."""
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
        # SQLite would create the file, and its log, readable by everybody as far as the umask permits.
        if not file.exists():
            with suppress(OSError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        # The driver's own BEGIN would start a transaction late and upgrade it from a reader to a writer, which fails
        # immediately, whatever the busy timeout, if another connection wrote in between.
        connection.isolation_level = None
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        # A file system without shared memory between processes has no write-ahead log.
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
        if durable and mode == "wal":
            _, _, path = connection.execute("PRAGMA database_list").fetchone()
            record.info[DURABLE_LOG] = Path(f"{path}-wal")
        connection.execute("PRAGMA foreign_keys = ON")
        if mode == "wal":
            # Our own code polls for locks. Without the log, readers keep writers from committing.
            connection.execute("PRAGMA busy_timeout = 0")

    return engine


def _write_to_disk(write_ahead_log: Path) -> None:
    """Sync to the disk what was committed, by this transaction and earlier ones. Raises OperationalError.

    `synchronous = FULL` does the same while it holds the lock for which all other writers wait. Pages that a checkpoint
    has moved out of the log are on the disk too: with NORMAL, SQLite syncs them (its PRAGMA manual).
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
    """Begin a transaction and take the lock that it needs."""
    if begin != "BEGIN":
        retry_while_locked(driver.execute, begin)
        return
    # BEGIN alone takes no lock before the first statement, which would not retry.
    driver.execute(begin)
    retry_while_locked(driver.execute, "SELECT NULL FROM sqlite_schema LIMIT 0")
