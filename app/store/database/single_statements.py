"""Restricted views of a connection on which each statement is its own transaction."""

from sqlalchemy import Connection


class SingleReads:
    """Runs any number of `PreparedRead`, each by itself, and nothing else."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


class SingleStatement:
    """Runs a `Prepared` or a `PreparedInsert` as its own transaction, and nothing else."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


CanRead = Connection | SingleReads
CanRun = Connection | SingleStatement


def connection_of(on: Connection | SingleReads | SingleStatement) -> Connection:
    """Return the connection itself; only for this package."""
    return on if isinstance(on, Connection) else on._connection
