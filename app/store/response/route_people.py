"""Statements on whom the target of a route reaches."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app.models import Channel, Escalation, Rota, Team, TeamMember, User
from app.store.database.dialects import table_of

USERS = User.__table__.c
MEMBERS = TeamMember.__table__.c
ESCALATIONS = Escalation.__table__.c
NAMED = {"channel": Channel, "rota": Rota, "team": Team, "escalation": Escalation}


def members(connection: Connection, team_id: int) -> list[int]:
    """Return the ids of the enabled members of a team."""
    statement = select(USERS.id).join(table_of(TeamMember), MEMBERS.user_id == USERS.id)
    wanted = statement.where(MEMBERS.team_id == team_id, USERS.enabled).order_by(USERS.username)
    return list(connection.execute(wanted).scalars())


def users(connection: Connection, user_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return id and name of those users that exist and are enabled."""
    statement = select(USERS.id.label("user_id"), USERS.username).where(USERS.id.in_(user_ids), USERS.enabled)
    return connection.execute(statement.order_by(USERS.username)).mappings().all()


def steps(connection: Connection, escalation_id: int) -> list[Any]:
    """Return the steps of an escalation, and its fallback as the last of them."""
    columns = (ESCALATIONS.steps, ESCALATIONS.fallback)
    row = connection.execute(select(*columns).where(ESCALATIONS.id == escalation_id)).one_or_none()
    if row is None:
        return []
    return [*row.steps, *([{"after_s": 0, "targets": [row.fallback]}] if row.fallback else [])]


def name_of(connection: Connection, type: str, target_id: int) -> str | None:
    """Return the name of a target that is no user; None if it does not exist."""
    table = table_of(NAMED[type])
    found: str | None = connection.execute(select(table.c.name).where(table.c.id == target_id)).scalar_one_or_none()
    return found
