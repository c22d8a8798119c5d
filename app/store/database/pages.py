"""Keyset pagination: equally fast at any depth, and concurrent changes neither skip nor repeat rows."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, RowMapping, Select, literal, tuple_

from app.errors import Invalid


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for up to `limit` rows after `cursor`, or for the first ones."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the cursor of the next page; None on the last page."""

    items: Sequence[Mapping[Any, Any]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: columns that are unique together, not nullable, and named as in the statement."""

    columns: Mapping[str, ColumnElement[Any]]
    descending: bool = False


def fetch_page(connection: Connection, statement: Select[Any], order: Keyset, page: PageRequest) -> Page:
    """Fetch one page of a statement's rows. Raises Invalid for a cursor of another list."""
    columns = list(order.columns.values())
    if page.cursor is not None:
        row, after = tuple_(*columns), tuple_(*position(page.cursor, columns))
        statement = statement.where(row < after if order.descending else row > after)
    statement = statement.order_by(*(column.desc() if order.descending else column.asc() for column in columns))
    rows = connection.execute(statement.limit(page.limit + 1)).mappings().all()
    return first_page(rows, page.limit, order.columns)


def first_page(rows: Sequence[RowMapping], limit: int, order: Iterable[str]) -> Page:
    """Return the page of up to `limit` rows, with a cursor if there are more."""
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, cursor_behind([rows[-1][name] for name in order]))


def cursor_behind(values: Sequence[Any]) -> str:
    """Return the cursor that continues after these values."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def position(cursor: str, columns: Sequence[ColumnElement[Any]]) -> list[BindParameter[Any]]:
    """Return the values after which a cursor continues. Raises Invalid for a cursor of another list."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        return [_literal(value, column) for value, column in zip(values, columns, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise Invalid("cursor", "must be a cursor of this list") from None


def _literal(value: Any, column: ColumnElement[Any]) -> BindParameter[Any]:
    kind = column.type.python_type
    if kind is datetime:
        value = datetime.fromisoformat(value)
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
    elif type(value) is not kind or (kind is int and not -(2**63) <= value < 2**63) or (kind is str and "\0" in value):
        raise TypeError("another type than the column's")
    return literal(value, column.type)
