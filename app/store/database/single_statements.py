"""What a connection is handed out as when each statement on it is a transaction by itself."""

from sqlalchemy import Connection


class SingleReads:
    """Runs any number of `PreparedRead`, each by itself; nothing else can be done with it."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


class SingleStatement:
    """Runs a `Prepared` or a `PreparedInsert` as a transaction by itself; nothing else can be done with it."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


CanRead = Connection | SingleReads
CanRun = Connection | SingleStatement


def connection_of(on: Connection | SingleReads | SingleStatement) -> Connection:
    """Return the connection itself, for this package alone."""
    return on if isinstance(on, Connection) else on._connection
