"""Statements on the overrides of rotas."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from app.models import RotaOverride
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

OVERRIDES = RotaOverride.__table__.c


def find(connection: Connection, override_id: int) -> RowMapping | None:
    """Return one override."""
    return connection.execute(select(*OVERRIDES).where(OVERRIDES.id == override_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, rota_id: int, *, ends_after: datetime | None = None) -> Page:
    """Return a page of a rota's overrides, newest first; with a time those that are not over then."""
    statement = select(*OVERRIDES).where(OVERRIDES.rota_id == rota_id)
    if ends_after is not None:
        statement = statement.where(OVERRIDES.ends_at > ends_after)
    return fetch_page(connection, statement, Keyset({"id": OVERRIDES.id}, descending=True), page)


def within(connection: Connection, rota_id: int, starts_at: datetime, ends_at: datetime) -> Sequence[RowMapping]:
    """Return a rota's overrides that overlap a span, the newest last."""
    overlaps = (OVERRIDES.rota_id == rota_id, OVERRIDES.ends_at > starts_at, OVERRIDES.starts_at < ends_at)
    return connection.execute(select(*OVERRIDES).where(*overlaps).order_by(OVERRIDES.id)).mappings().all()


def count_open(connection: Connection, rota_id: int, now: datetime) -> int:
    """Return how many of a rota's overrides are not over."""
    statement = select(func.count()).where(OVERRIDES.rota_id == rota_id, OVERRIDES.ends_at > now)
    return int(connection.execute(statement).scalar_one())


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add an override and return its id."""
    return int(connection.execute(insert(table_of(RotaOverride)).returning(OVERRIDES.id), row).scalar_one())


def remove(connection: Connection, override_id: int) -> None:
    """Delete an override."""
    connection.execute(delete(table_of(RotaOverride)).where(OVERRIDES.id == override_id))
