"""Statements on the audit log."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from app.models import AuditEntry
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

ENTRIES = AuditEntry.__table__.c


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Record an edit."""
    connection.execute(insert(AuditEntry), row)


def fetch(
    connection: Connection,
    page: PageRequest,
    object_types: Collection[str] | None,
    *,
    object_type: str | None = None,
    object_id: int | None = None,
    user_id: int | None = None,
    username: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
) -> Page:
    """Return a page of entries from `after` until `before`, newest first; with `object_types` only about those."""
    wanted = {
        ENTRIES.object_type: object_type,
        ENTRIES.object_id: object_id,
        ENTRIES.user_id: user_id,
        ENTRIES.username: username,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    if after is not None:
        conditions.append(ENTRIES.at >= after)
    if before is not None:
        conditions.append(ENTRIES.at < before)
    # A list of all types would be read from the index of types and sorted, which takes seconds.
    if object_types is not None:
        conditions.append(ENTRIES.object_type.in_(object_types))
    order = Keyset({"id": ENTRIES.id}, descending=True)
    return fetch_page(connection, select(*ENTRIES).where(*conditions), order, page)


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` of the oldest entries from before a time; return how many."""
    # Ids are in the order of time, and indexed.
    oldest = select(ENTRIES.id).order_by(ENTRIES.id).limit(limit).scalar_subquery()
    return connection.execute(delete(AuditEntry).where(ENTRIES.id.in_(oldest), ENTRIES.at < before)).rowcount
