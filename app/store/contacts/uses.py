"""Statements on what uses a team or a channel."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from app.models import Escalation, Notification

ROUTES = Notification.__table__.c
ESCALATIONS = Escalation.__table__.c


def routes_to_channel(connection: Connection, channel_id: int) -> list[str]:
    """Return the names of the routes that end at a channel."""
    statement = select(ROUTES.name).where(ROUTES.channel_id == channel_id).order_by(ROUTES.name)
    return list(connection.execute(statement).scalars())


def routes_to_team(connection: Connection, team_id: int) -> list[str]:
    """Return the names of the routes that end at a team."""
    statement = select(ROUTES.name).where(ROUTES.team_id == team_id).order_by(ROUTES.name)
    return list(connection.execute(statement).scalars())


def escalations(connection: Connection) -> Sequence[RowMapping]:
    """Return the names of all escalations, with whom each pages."""
    columns = (ESCALATIONS.name, ESCALATIONS.steps, ESCALATIONS.fallback)
    return connection.execute(select(*columns).order_by(ESCALATIONS.name)).mappings().all()
