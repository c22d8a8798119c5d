"""Statements on whom the steps of pages name: members of teams, and shared channels."""

from sqlalchemy import Connection, RowMapping, select

from app.models import Channel, TeamMember

CHANNELS = Channel.__table__.c
MEMBERS = TeamMember.__table__.c


def members(connection: Connection, team_id: int) -> list[int]:
    """Return the ids of a team's members."""
    statement = select(MEMBERS.user_id).where(MEMBERS.team_id == team_id).order_by(MEMBERS.user_id)
    return list(connection.execute(statement).scalars())


def channel(connection: Connection, channel_id: int) -> RowMapping | None:
    """Return `id`, `name` and `enabled` of a channel."""
    columns = (CHANNELS.id, CHANNELS.name, CHANNELS.enabled)
    return connection.execute(select(*columns).where(CHANNELS.id == channel_id)).mappings().one_or_none()
