"""Statements on rotas."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.models import Rota, Team, User
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

ROTAS = Rota.__table__.c
USERS = User.__table__.c
TEAMS = Team.__table__.c
PLAN = (ROTAS.id, ROTAS.name, ROTAS.timezone, ROTAS.layers, ROTAS.holidays)
"""What decides who is on call."""
SHOWN = (
    *(ROTAS.id, ROTAS.name, ROTAS.team_id, ROTAS.timezone, ROTAS.layers, ROTAS.created_at),
    ROTAS.holidays.is_not(None).label("has_holidays"),
    ROTAS.calendar_token_hash.is_not(None).label("has_calendar_link"),
)


def find(connection: Connection, rota_id: int) -> RowMapping | None:
    """Return one rota as the API shows it."""
    return connection.execute(select(*SHOWN).where(ROTAS.id == rota_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of rotas."""
    return fetch_page(connection, select(*SHOWN), Keyset({"id": ROTAS.id}), page)


def plan(connection: Connection, rota_id: int) -> RowMapping | None:
    """Return what decides who is on call in a rota."""
    return connection.execute(select(*PLAN).where(ROTAS.id == rota_id)).mappings().one_or_none()


def plans(connection: Connection) -> Sequence[RowMapping]:
    """Return what decides who is on call, for all rotas."""
    return connection.execute(select(*PLAN).order_by(ROTAS.id)).mappings().all()


def plan_by_token(connection: Connection, token_hash: str) -> RowMapping | None:
    """Return what decides who is on call in the rota whose calendar link has this hash."""
    return connection.execute(select(*PLAN).where(ROTAS.calendar_token_hash == token_hash)).mappings().one_or_none()


def lock(connection: Connection, rota_id: int) -> RowMapping | None:
    """Return all of a rota, locked until the transaction ends."""
    return connection.execute(select(*ROTAS).where(ROTAS.id == rota_id).with_for_update()).mappings().one_or_none()


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another rota has this name."""
    return is_taken(connection, ROTAS, name, except_id)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a rota and return its id."""
    return int(connection.execute(insert(table_of(Rota)).returning(ROTAS.id), row).scalar_one())


def change(connection: Connection, rota_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a rota."""
    connection.execute(update(table_of(Rota)).where(ROTAS.id == rota_id).values(values))


def remove(connection: Connection, rota_id: int) -> None:
    """Delete a rota with its overrides."""
    connection.execute(delete(table_of(Rota)).where(ROTAS.id == rota_id))
