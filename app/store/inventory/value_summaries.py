"""Statements on hourly summaries of items' values."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    union_all,
)

from app.models import Item, ItemValue, ValueSummary
from app.models.item_values import EPOCH, HOUR, HOURS_A_DAY, hour_of
from app.store.database.bulk_rows import execute_bulk
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

SUMMARIES = ValueSummary.__table__.c
VALUES = ItemValue.__table__.c
ITEMS = Item.__table__.c
KEY = (SUMMARIES.day, SUMMARIES.item_id, SUMMARIES.hour)
LATE_HOURS = 2
"""How many hours of values that are too old may still wait to be summed up."""
LARGEST = 1e290
"""Larger values count as this in a total, which would overflow with them."""
KINDS = {
    **{"day": "integer", "item_id": "bigint", "hour": "integer", "count": "bigint"},
    **dict.fromkeys(("lowest", "highest", "total", "last"), "double precision"),
}
MEASURES = ("count", "lowest", "highest", "total", "last")
COLUMNS = ", ".join(KINDS)
KEEP_THE_FULLER = (
    " ON CONFLICT (day, item_id, hour) DO UPDATE SET count = excluded.count, lowest = excluded.lowest,"
    " highest = excluded.highest, total = excluded.total, last = excluded.last"
    " WHERE excluded.count > value_summaries.count"
)
ADDING = f"INSERT INTO value_summaries ({COLUMNS}) SELECT {COLUMNS} FROM input_rows WHERE true{KEEP_THE_FULLER}"  # noqa: S608 - of constants
SUMMING_UP = text(
    f"INSERT INTO value_summaries ({COLUMNS})"  # noqa: S608 - of constants
    " SELECT :day, found.item_id, :hour, found.count, found.lowest, found.highest, found.total, newest.value FROM ("
    " SELECT item_id, count(*) AS count, min(value) AS lowest, max(value) AS highest, max(at) AS at,"
    f" sum(CASE WHEN value > {LARGEST} THEN {LARGEST} WHEN value < -{LARGEST} THEN -{LARGEST} ELSE value END) AS total"
    " FROM item_values WHERE hour = :hour AND item_id > :after AND item_id <= :last GROUP BY item_id) AS found"
    " JOIN item_values AS newest"
    " ON newest.hour = :hour AND newest.item_id = found.item_id AND newest.at = found.at"
    f" WHERE EXISTS (SELECT 1 FROM items WHERE items.id = found.item_id){KEEP_THE_FULLER}"
)


@dataclass(frozen=True, slots=True)
class Summary:
    """The values of an item in one hour."""

    item_id: int
    hour: int
    count: int
    lowest: float
    highest: float
    total: float
    last: float


def add(connection: Connection, summaries: Iterable[Summary]) -> None:
    """Add summaries; of two of the same item and hour, the one of more values stays."""
    rows = sorted((row.hour // HOURS_A_DAY, *astuple(row)) for row in summaries)
    if rows:
        execute_bulk(connection, ADDING, KINDS, rows)


def sum_up(connection: Connection, hour: int, after: int, limit: int) -> int | None:
    """Add the summaries of an hour's values of some items after an id; return the last one's, None if there is none."""
    some = select(VALUES.item_id).where(VALUES.hour == hour, VALUES.item_id > after).distinct()
    ids = some.order_by(VALUES.item_id).limit(limit).subquery()
    last = connection.execute(select(func.max(ids.c.item_id))).scalar_one_or_none()
    if last is not None:
        of_hour = {"day": hour // HOURS_A_DAY, "hour": hour, "after": after, "last": last}
        connection.execute(SUMMING_UP, of_hour)
    return last


def fetch(
    connection: Connection, page: PageRequest, item_id: int, after: datetime, before: datetime, oldest: datetime
) -> Page:
    """Return a page of an item's summaries of the hours that begin between two times, the first one first.

    The hours since `oldest`, from which on values are kept, are summed up now.
    """
    statement = _statement(item_id, after, before, oldest)
    return fetch_page(connection, statement, Keyset({"hour": statement.selected_columns.hour}), page)


def fetch_all(
    connection: Connection, item_id: int, after: datetime, before: datetime, oldest: datetime
) -> Sequence[RowMapping]:
    """Return all of them."""
    statement = _statement(item_id, after, before, oldest)
    return connection.execute(statement.order_by(statement.selected_columns.hour)).mappings().all()


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Delete some summaries from the days before that of `before`, and return how many."""
    old = select(*KEY).where(SUMMARIES.day < hour_of(before) // HOURS_A_DAY).order_by(*KEY).limit(limit)
    return connection.execute(delete(ValueSummary).where(tuple_(*KEY).in_(old))).rowcount


def orphans(connection: Connection, day: int, limit: int) -> list[int]:
    """Return the ids of some items that do not exist any more and have summaries on a day."""
    is_orphan = ~exists().where(ITEMS.id == SUMMARIES.item_id)
    statement = select(SUMMARIES.item_id).where(SUMMARIES.day == day, is_orphan).distinct().limit(limit)
    return list(connection.execute(statement).scalars())


def forget(connection: Connection, day: int, item_ids: Sequence[int]) -> None:
    """Delete the summaries of items on a day."""
    connection.execute(delete(ValueSummary).where(SUMMARIES.day == day, SUMMARIES.item_id.in_(item_ids)))


def _statement(item_id: int, after: datetime, before: datetime, oldest: datetime) -> Select[Any]:
    # The first hour that begins after the time, and the last one that begins before the other.
    first, last = (after - EPOCH) // HOUR + 1, -((EPOCH - before) // HOUR) - 1
    first_kept = hour_of(oldest) - LATE_HOURS
    kept = _of_values(item_id, max(first, first_kept), last)
    stored = select(SUMMARIES.hour, *(SUMMARIES[name] for name in MEASURES)).where(
        # Each day by its number: a range of days would read the summaries of all items.
        SUMMARIES.day.in_(range(first // HOURS_A_DAY, last // HOURS_A_DAY + 1)),
        SUMMARIES.item_id == item_id,
        SUMMARIES.hour.between(first, last),
        or_(SUMMARIES.hour < first_kept, ~_has_values(item_id)),
    )
    return select(union_all(stored, kept).subquery())


def _has_values(item_id: int) -> ColumnElement[bool]:
    return exists().where(VALUES.hour == SUMMARIES.hour, VALUES.item_id == item_id).correlate(table_of(ValueSummary))


def _limited(value: ColumnElement[float]) -> ColumnElement[float]:
    return case((value > LARGEST, LARGEST), (value < -LARGEST, -LARGEST), else_=value)


def _of_values(item_id: int, first: int, last: int) -> Select[Any]:
    found = (
        select(
            VALUES.hour,
            func.count().label("count"),
            func.min(VALUES.value).label("lowest"),
            func.max(VALUES.value).label("highest"),
            func.sum(_limited(VALUES.value)).label("total"),
            func.max(VALUES.at).label("at"),
        )
        .where(VALUES.hour.in_(range(first, last + 1)), VALUES.item_id == item_id)
        .group_by(VALUES.hour)
        .subquery()
    )
    is_newest = and_(VALUES.hour == found.c.hour, VALUES.item_id == item_id, VALUES.at == found.c.at)
    columns = (found.c[name] for name in ("hour", "count", "lowest", "highest", "total"))
    return select(*columns, VALUES.value.label("last")).join_from(found, table_of(ItemValue), is_newest)
