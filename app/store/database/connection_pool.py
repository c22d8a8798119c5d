"""A process's pool of database connections: limits their number, and keeps some open."""

import select
from threading import Semaphore

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

WAIT_S = 10


class ConnectionPool:
    """Hands out at most `most` connections at a time, and keeps up to `kept` returned ones open for reuse.

    SQLAlchemy's own pool takes longer for a checkout and checkin than SQLite for a typical query.
    """

    def __init__(self, engine: Engine, most: int, kept: int) -> None:
        """The engine must have no pool of its own."""
        self._engine = engine
        self._most = most
        self._kept = kept
        self._free = Semaphore(most)
        # Last in, first out, so that no more stay open than are in use at the same time.
        self._idle: list[Connection] = []

    def take(self) -> Connection:
        """Return a connection. Raises PoolTimeout if all are in use for too long, and what opening one raises."""
        if not self._free.acquire(timeout=WAIT_S):
            raise PoolTimeout(f"all {self._most} connections of this process are in use")
        try:
            while connection := self._pop():
                if not _is_closed(connection):
                    return connection
                connection.invalidate()
                connection.close()
            return self._engine.connect()
        except BaseException:
            self._free.release()
            raise

    def give_back(self, connection: Connection) -> None:
        """Take back a connection, which must have no open transaction or be closed."""
        if not connection.closed and not connection.invalidated and len(self._idle) < self._kept:
            self._idle.append(connection)
        else:
            connection.close()
        self._free.release()

    def close(self) -> None:
        """Close the idle connections."""
        while connection := self._pop():
            connection.close()

    def _pop(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _is_closed(connection: Connection) -> bool:
    """Return whether the server closed an idle connection, for example by a restart or a keepalive timeout.

    A request that received it would fail with a 503. An idle connection has nothing to read except its end, so checking
    the socket is enough, without the round trip of a ping.
    """
    if connection.dialect.name == "sqlite":
        return False
    poll = select.poll()
    poll.register(connection.connection.driver_connection.fileno(), select.POLLIN)  # type: ignore[union-attr]
    return bool(poll.poll(0))
