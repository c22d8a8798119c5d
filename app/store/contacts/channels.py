"""Statements on channels."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, select, update

from app.models import Channel
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

CHANNELS = Channel.__table__.c
SHOWN = tuple(column for column in CHANNELS if not column.name.endswith("_sealed"))


def find(connection: Connection, channel_id: int) -> RowMapping | None:
    """Return one channel as the API shows it, without its address and code."""
    return connection.execute(select(*SHOWN).where(CHANNELS.id == channel_id)).mappings().one_or_none()


def find_sealed(connection: Connection, channel_id: int) -> RowMapping | None:
    """Return one channel with its encrypted address and code."""
    return connection.execute(select(*CHANNELS).where(CHANNELS.id == channel_id)).mappings().one_or_none()


def without_service(connection: Connection) -> Sequence[RowMapping]:
    """Return id and encrypted address of the channels whose service a migration could not name."""
    statement = select(CHANNELS.id, CHANNELS.url_sealed).where(CHANNELS.service == "").order_by(CHANNELS.id)
    return connection.execute(statement).mappings().all()


def lock(connection: Connection, channel_id: int) -> RowMapping | None:
    """Return one channel with its encrypted address and code, and lock it until the transaction ends."""
    statement = select(*CHANNELS).where(CHANNELS.id == channel_id).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def fetch_shared(connection: Connection, page: PageRequest) -> Page:
    """Return a page of the shared channels."""
    return fetch_page(connection, select(*SHOWN).where(_is_of(None)), Keyset({"id": CHANNELS.id}), page)


def of_user(connection: Connection, user_id: int) -> Sequence[RowMapping]:
    """Return the channels of a person, the oldest first."""
    return connection.execute(select(*SHOWN).where(_is_of(user_id)).order_by(CHANNELS.id)).mappings().all()


def usable_of(connection: Connection, user_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the verified and enabled channels of some people, the oldest first."""
    wanted = (CHANNELS.user_id.in_(user_ids), CHANNELS.enabled, CHANNELS.verified_at.is_not(None))
    return connection.execute(select(*SHOWN).where(*wanted).order_by(CHANNELS.id)).mappings().all()


def is_name_taken(connection: Connection, user_id: int | None, name: str, except_id: int | None = None) -> bool:
    """Return whether another channel of the person, or another shared one, has this name."""
    return is_taken(connection, CHANNELS, name, except_id, _is_of(user_id))


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a channel and return its id."""
    return int(connection.execute(insert(Channel).returning(CHANNELS.id), row).scalar_one())


def change(connection: Connection, channel_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a channel."""
    connection.execute(update(Channel).where(CHANNELS.id == channel_id).values(values))


def remove(connection: Connection, channel_id: int) -> bool:
    """Delete a channel with the rules about it; return false if it does not exist."""
    return connection.execute(delete(Channel).where(CHANNELS.id == channel_id)).rowcount > 0


def record_sent(connection: Connection, channel_id: int, now: datetime) -> None:
    """Note that a message was accepted."""
    change(connection, channel_id, {"last_sent_at": now, "last_error": None, "failing_since": None})


def record_failed(connection: Connection, channel_id: int, now: datetime, reason: str) -> None:
    """Note that a message was not accepted, and since when none is."""
    change(connection, channel_id, {"last_error": reason})
    first = and_(CHANNELS.id == channel_id, CHANNELS.failing_since.is_(None))
    connection.execute(update(Channel).where(first).values(failing_since=now))


def _is_of(user_id: int | None) -> ColumnElement[bool]:
    return CHANNELS.user_id.is_(None) if user_id is None else CHANNELS.user_id == user_id
