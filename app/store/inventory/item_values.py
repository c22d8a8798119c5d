"""Statements on the values of items."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, delete, func, select, tuple_, type_coerce

from app.models import ItemValue
from app.models.item_values import EPOCH, HOUR, MILLISECOND, hour_of
from app.store.database.bulk_rows import execute_bulk
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.inventory.items import ITEMS

VALUES = ItemValue.__table__.c
HOUR_MS = HOUR // MILLISECOND
KINDS = {"hour": "integer", "item_id": "bigint", "at": "bigint", "value": "double precision"}
ADDING = (
    "INSERT INTO item_values (hour, item_id, at, value) SELECT hour, item_id, at, value FROM input_rows WHERE true"
    " ON CONFLICT DO NOTHING"
)


def add(connection: Connection, points: Iterable[tuple[int, datetime, float]]) -> None:
    """Add the values, by item id and time, that do not exist yet."""
    stamped = [(item_id, (at - EPOCH) // MILLISECOND, value) for item_id, at, value in points]
    if stamped:
        # In the order of the table, so that each page of it is looked up once.
        rows = sorted((stamp // HOUR_MS, item_id, stamp, value) for item_id, stamp, value in stamped)
        execute_bulk(connection, ADDING, KINDS, rows)


def fetch(connection: Connection, page: PageRequest, item_id: int, after: datetime, before: datetime) -> Page:
    """Return a page of an item's values between two times, oldest first."""
    wanted = (VALUES.item_id == item_id, *_between(after, before))
    return fetch_page(connection, select(VALUES.at, VALUES.value).where(*wanted), Keyset({"at": VALUES.at}), page)


def times(connection: Connection, item_id: int, after: datetime, before: datetime) -> Sequence[datetime]:
    """Return when an item had values between two times."""
    wanted = (VALUES.item_id == item_id, *_between(after, before))
    return connection.execute(select(VALUES.at).where(*wanted)).scalars().all()


def summarize(
    connection: Connection, item_ids: Collection[int], after: datetime, before: datetime, step: timedelta
) -> Sequence[RowMapping]:
    """Return these items' values between two times, summarized by step, oldest first.

    Each row has `item_id`, `at` (of its newest value), `lowest`, `highest` and `count`. There is no mean, because the
    sum of very large values overflows.
    """
    number = type_coerce(VALUES.at, BigInteger) // (step // MILLISECOND)
    newest = func.max(VALUES.at).label("at")
    values = (func.min(VALUES.value).label("lowest"), func.max(VALUES.value).label("highest"))
    return (
        connection.execute(
            select(VALUES.item_id, newest, *values, func.count().label("count"))
            .where(VALUES.item_id.in_(item_ids), *_between(after, before))
            .group_by(VALUES.item_id, number)
            .order_by(VALUES.item_id, newest)
        )
        .mappings()
        .all()
    )


def oldest_hour(connection: Connection) -> int | None:
    """Return the first hour that has values."""
    return connection.execute(select(func.min(VALUES.hour))).scalar_one_or_none()


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Delete some values from the hours before that of `before`, and return how many."""
    key = (VALUES.hour, VALUES.item_id, VALUES.at)
    old = select(*key).where(VALUES.hour < hour_of(before)).order_by(*key).limit(limit)
    return connection.execute(delete(ItemValue).where(tuple_(*key).in_(old))).rowcount


def forget(connection: Connection, monitor_id: int) -> None:
    """Delete the values of a monitor's items before the items are deleted: new items may get the same ids."""
    of_monitor = select(ITEMS.id).where(ITEMS.monitor_id == monitor_id)
    connection.execute(delete(ItemValue).where(VALUES.item_id.in_(of_monitor)))


def _between(after: datetime, before: datetime) -> tuple[ColumnElement[bool], ...]:
    # Each hour by its number: a range of hours would read the values of all items.
    return VALUES.hour.in_(range(hour_of(after), hour_of(before) + 1)), VALUES.at > after, VALUES.at < before
