"""Statements on escalations, and on what they name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.enums import PageTarget
from app.models import Channel, Escalation, Notification, Rota, Team, User
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

ESCALATIONS = Escalation.__table__.c
ROUTES = Notification.__table__.c
NAMES = {
    PageTarget.USER: User.__table__.c.username,
    PageTarget.ROTA: Rota.__table__.c.name,
    PageTarget.TEAM: Team.__table__.c.name,
    PageTarget.CHANNEL: Channel.__table__.c.name,
    PageTarget.ESCALATION: ESCALATIONS.name,
}
TABLES = {
    PageTarget.USER: table_of(User),
    PageTarget.ROTA: table_of(Rota),
    PageTarget.TEAM: table_of(Team),
    PageTarget.CHANNEL: table_of(Channel),
    PageTarget.ESCALATION: table_of(Escalation),
}


def find(connection: Connection, escalation_id: int) -> RowMapping | None:
    """Return one escalation."""
    return connection.execute(select(*ESCALATIONS).where(ESCALATIONS.id == escalation_id)).mappings().one_or_none()


def lock(connection: Connection, escalation_id: int) -> RowMapping | None:
    """Return one escalation, and lock it until the transaction ends."""
    statement = select(*ESCALATIONS).where(ESCALATIONS.id == escalation_id).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of escalations."""
    return fetch_page(connection, select(*ESCALATIONS), Keyset({"id": ESCALATIONS.id}), page)


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another escalation has this name."""
    return is_taken(connection, ESCALATIONS, name, except_id)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add an escalation and return its id."""
    return int(connection.execute(insert(Escalation).returning(ESCALATIONS.id), row).scalar_one())


def change(connection: Connection, escalation_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of an escalation."""
    connection.execute(update(Escalation).where(ESCALATIONS.id == escalation_id).values(values))


def remove(connection: Connection, escalation_id: int) -> None:
    """Delete an escalation; its pages keep their plans."""
    connection.execute(delete(Escalation).where(ESCALATIONS.id == escalation_id))


def fallbacks(connection: Connection) -> dict[int, int]:
    """Return the escalation that each escalation falls back to, for those that fall back to one."""
    found = connection.execute(select(ESCALATIONS.id, ESCALATIONS.fallback).order_by(ESCALATIONS.id))
    return {id_: other["id"] for id_, other in found if other and other["type"] == PageTarget.ESCALATION}


def routes_to(connection: Connection, escalation_id: int) -> Sequence[str]:
    """Return the names of the routes that end at an escalation."""
    statement = select(ROUTES.name).where(ROUTES.escalation_id == escalation_id).order_by(ROUTES.id)
    return connection.execute(statement).scalars().all()


def names(connection: Connection, type: PageTarget, ids: Sequence[int]) -> dict[int, str]:
    """Return the names of those that exist."""
    table = TABLES[type]
    found = connection.execute(select(table.c.id, NAMES[type].label("name")).where(table.c.id.in_(ids)))
    return {row.id: row.name for row in found}


def own_channels(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Return those of the channels that are somebody's own, which only that person's rules may use."""
    channels = table_of(Channel).c
    mine = select(channels.id).where(channels.id.in_(ids), channels.user_id.is_not(None))
    return set(connection.execute(mine).scalars())
