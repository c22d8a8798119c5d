"""Statements on teams and their members."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.models import Team, TeamMember, User
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

TEAMS = Team.__table__.c
MEMBERS = TeamMember.__table__.c
USERS = User.__table__.c


def find(connection: Connection, team_id: int) -> RowMapping | None:
    """Return one team."""
    return connection.execute(select(*TEAMS).where(TEAMS.id == team_id)).mappings().one_or_none()


def lock(connection: Connection, team_id: int) -> RowMapping | None:
    """Return one team, and lock it until the transaction ends."""
    return connection.execute(select(*TEAMS).where(TEAMS.id == team_id).with_for_update()).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of teams."""
    return fetch_page(connection, select(*TEAMS), Keyset({"id": TEAMS.id}), page)


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another team has this name."""
    return is_taken(connection, TEAMS, name, except_id)


def members(connection: Connection, team_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the members of some teams, each with the team's id, by name."""
    columns = (MEMBERS.team_id, USERS.id, USERS.username, USERS.enabled)
    statement = select(*columns).join(table_of(User), USERS.id == MEMBERS.user_id)
    ordered = statement.where(MEMBERS.team_id.in_(team_ids)).order_by(MEMBERS.team_id, USERS.username)
    return connection.execute(ordered).mappings().all()


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a team and return its id."""
    return int(connection.execute(insert(Team).returning(TEAMS.id), row).scalar_one())


def change(connection: Connection, team_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a team."""
    connection.execute(update(Team).where(TEAMS.id == team_id).values(values))


def set_members(connection: Connection, team_id: int, user_ids: Collection[int]) -> None:
    """Replace the members of a team."""
    connection.execute(delete(TeamMember).where(MEMBERS.team_id == team_id))
    if user_ids:
        connection.execute(insert(TeamMember), [{"team_id": team_id, "user_id": user_id} for user_id in user_ids])


def remove(connection: Connection, team_id: int) -> bool:
    """Delete a team; return false if it does not exist."""
    return connection.execute(delete(Team).where(TEAMS.id == team_id)).rowcount > 0
