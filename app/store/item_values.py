"""The statements of the history of items' values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from app.models import ItemValue
from app.models.item_values import hour_of
from app.store.items import ITEMS
from app.store.pages import Keyset, Page, PageRequest, fetch_page
from app.store.upsert import dialect_insert

VALUES = ItemValue.__table__.c


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add those values, of `item_id` and `at`, that are not there yet."""
    if rows:
        statement = dialect_insert(connection, ItemValue).on_conflict_do_nothing()
        connection.execute(statement, [{**row, "hour": hour_of(row["at"])} for row in rows])


def fetch(connection: Connection, page: PageRequest, item_id: int, after: datetime, before: datetime) -> Page:
    """Return a page of an item's values after and before a moment, oldest first."""
    # Each hour by its number: a range of them would read the values of all items.
    hours = VALUES.hour.in_(range(hour_of(after), hour_of(before) + 1))
    wanted = (hours, VALUES.item_id == item_id, VALUES.at > after, VALUES.at < before)
    return fetch_page(connection, select(VALUES.at, VALUES.value).where(*wanted), Keyset({"at": VALUES.at}), page)


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Delete some of the values of the hours before a moment's hour, and return how many."""
    key = (VALUES.hour, VALUES.item_id, VALUES.at)
    old = select(*key).where(VALUES.hour < hour_of(before)).order_by(*key).limit(limit)
    return connection.execute(delete(ItemValue).where(tuple_(*key).in_(old))).rowcount


def forget(connection: Connection, monitor_id: int) -> None:
    """Delete the values of a monitor's items before those are deleted: others may get their ids."""
    of_monitor = select(ITEMS.id).where(ITEMS.monitor_id == monitor_id)
    connection.execute(delete(ItemValue).where(VALUES.item_id.in_(of_monitor)))
