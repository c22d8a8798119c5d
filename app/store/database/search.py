"""Text search in lists: the condition, and pages that stay cheap in a million rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, or_

from app import clock
from app.store.database.pages import Page, PageRequest, cursor_behind, first_page, position
from app.store.database.text_index import look_up

READ_BATCH_SIZE = 2000
"""If many rows match, they are found within this many rows."""
FOUND_BATCH_SIZE = 200
LONGEST_S = 0.03


def matches(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that any column contains the text, ignoring case; `%` and `_` match literally."""
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


class Search:
    """Searches a table's rows for a text, in the order of their ids; `statement` selects them without the text."""

    def __init__(
        self,
        connection: Connection,
        statement: Select[Any],
        table: Table,
        text: str,
        columns: tuple[ColumnElement[str], ...],
        *,
        descending: bool = False,
    ) -> None:
        self._connection = connection
        self._statement = statement
        self._table = table
        self._text = text
        self._matches = matches(text, *columns)
        self._id: ColumnElement[int] = table.c.id
        self._descending = descending

    def fetch(self, request: PageRequest) -> Page:
        """Return a page. If few rows match it may be short or even empty, with a cursor to continue.

        It reads some rows first, then uses the index; without an index it reads on, until its time limit. Raises
        Invalid for a cursor of another list.
        """
        give_up_at = clock.monotonic() + LONGEST_S
        after: int | None = None if request.cursor is None else position(request.cursor, [self._id])[0].value
        rows: list[RowMapping] = []
        index, is_asked = None, False
        while True:
            missing = request.limit + 1 - len(rows)
            if index is not None:
                ids = index.ids(after, FOUND_BATCH_SIZE, descending=self._descending)
                rows += self._read([self._id.in_(ids)], missing)
                after, is_end = (ids[-1] if ids else after), len(ids) < FOUND_BATCH_SIZE
            else:
                last = self._last_of_next(after)
                rows += self._read(self._between(after, last), missing)
                after, is_end = (after if last is None else last), last is None
            if len(rows) > request.limit:
                return first_page(rows, request.limit, ["id"])
            if is_end:
                return Page(rows, None)
            if not is_asked:
                index, is_asked = look_up(self._connection, self._table, self._text), True
            if clock.monotonic() > give_up_at:
                return Page(rows, cursor_behind([after]))

    def _last_of_next(self, after: int | None) -> int | None:
        """Return the id of the last row of the next batch; None if fewer rows are left."""
        ids = self._ordered(self._statement.with_only_columns(self._id).where(*self._between(after, None)))
        return self._connection.execute(ids.offset(READ_BATCH_SIZE - 1).limit(1)).scalar_one_or_none()

    def _read(self, among: Sequence[ColumnElement[bool]], limit: int) -> list[RowMapping]:
        statement = self._ordered(self._statement.where(*among, self._matches)).limit(limit)
        return list(self._connection.execute(statement).mappings())

    def _ordered(self, statement: Select[Any]) -> Select[Any]:
        return statement.order_by(self._id.desc() if self._descending else self._id)

    def _between(self, after: int | None, last: int | None) -> list[ColumnElement[bool]]:
        """Return the conditions for the rows after `after`, up to and including `last`."""
        bounds = []
        if after is not None:
            bounds.append(self._id < after if self._descending else self._id > after)
        if last is not None:
            bounds.append(self._id >= last if self._descending else self._id <= last)
        return bounds
