"""A process's connections to the database: how many at once, and which stay open."""

import select
from threading import Semaphore

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

WAIT_S = 10


class ConnectionPool:
    """Hands out connections, `most` at once, and keeps up to `kept` of those that come back for whoever comes next.

    SQLAlchemy's own pool takes longer to hand one out and take it back than SQLite for what is then asked.
    """

    def __init__(self, engine: Engine, most: int, kept: int) -> None:
        """The engine should have no pool of its own."""
        self._engine = engine
        self._most = most
        self._kept = kept
        self._free = Semaphore(most)
        # The last one first, so that no more are open than are in use at once.
        self._idle: list[Connection] = []

    def take(self) -> Connection:
        """Return a connection. Raises PoolTimeout when all are in use for too long, and what opening one raises."""
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
        """Take back a connection on which no transaction is open, or one that is closed."""
        if not connection.closed and not connection.invalidated and len(self._idle) < self._kept:
            self._idle.append(connection)
        else:
            connection.close()
        self._free.release()

    def close(self) -> None:
        """Close those that nobody uses."""
        while connection := self._pop():
            connection.close()

    def _pop(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _is_closed(connection: Connection) -> bool:
    """Tell whether the server has ended a connection while it lay there, by a restart or unheard.

    A request that met it would be answered 503. One that is idle has nothing to read but its end, so that a look at the
    socket tells, without the round trip of a ping.
    """
    if connection.dialect.name == "sqlite":
        return False
    poll = select.poll()
    poll.register(connection.connection.driver_connection.fileno(), select.POLLIN)  # type: ignore[union-attr]
    return bool(poll.poll(0))
