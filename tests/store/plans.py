"""How a database does what it is asked: by its plan a test knows what a million rows would cost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from app.store.database.engine import Database


def plan_of(database: Database, ask: Callable[[Connection], object]) -> list[str]:
    """Return the steps of every statement on SQLite."""
    asked: list[tuple[str, Sequence[Any]]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Sequence[Any], *_: object) -> None:
        asked.append((statement, parameters))

    with database.reading() as connection:
        event.listen(connection, "before_cursor_execute", note)
        ask(connection)
        event.remove(connection, "before_cursor_execute", note)
        driver: Any = connection.connection.driver_connection
        return [step[3] for each in asked for step in driver.execute(f"EXPLAIN QUERY PLAN {each[0]}", each[1])]


@contextmanager
def plans_of(connection: Connection) -> Iterator[list[str]]:
    """Collect the plan of every statement that the block runs on this connection, whatever its database is."""
    plans: list[str] = []
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"

    def note(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        cursor.execute(f"{explain} {statement}", parameters)
        plans.append("\n".join(str(step[-1]) for step in cursor.fetchall()))

    event.listen(connection, "before_cursor_execute", note)
    yield plans
    event.remove(connection, "before_cursor_execute", note)
