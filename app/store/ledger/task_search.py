"""Searches tasks by their id and their arguments, a bounded number of tasks at a time."""

import json
import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, literal, or_, tuple_

from app.enums import TaskType
from app.store.database.pages import Page, PageRequest, cursor_behind, first_page, position
from app.store.ledger.task_runs import ORDER, RUNS, matching

READ_BATCH_SIZE = 5000
"""So many tasks are read for one page: few match, and the ledger may have millions."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ARGUMENT = re.compile(r"([a-z_]+)\s*[=:]\s*(\S+)")


def search(connection: Connection, page: PageRequest, q: str, **filters: Any) -> Page:
    """Return a page of the tasks whose id or arguments have this text, newest first; the filters as of `matching`.

    `host_id=7` finds that argument. A page may be short, with a cursor to continue. Raises Invalid for a cursor of
    another list.
    """
    statement = matching(**filters)
    ids = _ids(q.strip())
    if ids:
        return Page(connection.execute(statement.where(RUNS.id.in_(ids))).mappings().all(), None)
    columns = list(ORDER.columns.values())
    if page.cursor is not None:
        statement = statement.where(tuple_(*columns) < tuple_(*position(page.cursor, columns)))
    newest = [column.desc() for column in columns]
    read = connection.execute(statement.with_only_columns(*columns).order_by(*newest).limit(READ_BATCH_SIZE)).all()
    if not read:
        return Page([], None)
    last = [*read[-1]]
    among = tuple_(*columns) >= tuple_(
        *(literal(value, column.type) for value, column in zip(last, columns, strict=True))
    )
    found = statement.where(among, _says(q.strip())).order_by(*newest).limit(page.limit + 1)
    rows = connection.execute(found).mappings().all()
    if len(rows) > page.limit or len(read) < READ_BATCH_SIZE:
        return first_page(rows, page.limit, ORDER.columns)
    return Page(rows, cursor_behind(last))


def _ids(q: str) -> list[str]:
    """Return the ids that a text may be: a whole id, or one without its type."""
    type, _, uuid = q.rpartition(":")
    if not UUID.fullmatch(uuid):
        return []
    return [q] if type else [f"{each}:{uuid}" for each in TaskType]


def _says(q: str) -> ColumnElement[bool]:
    argument = ARGUMENT.fullmatch(q)
    if argument:
        name, value = argument.groups()
        return cast(RUNS.params[name].as_string(), Text) == value
    # JSON is stored with escapes for everything but ASCII.
    escaped = json.dumps(q)[1:-1]
    return or_(RUNS.id.icontains(q, autoescape=True), cast(RUNS.params, Text).icontains(escaped, autoescape=True))
