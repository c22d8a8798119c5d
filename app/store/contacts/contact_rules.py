"""Statements on people's contact rules."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from app.models import Channel, ContactRule
from app.store.database.dialects import table_of

RULES = ContactRule.__table__.c
CHANNELS = Channel.__table__.c


def of_users(connection: Connection, user_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the rules of some people in their order, each with the state of its channel."""
    channel = (CHANNELS.name.label("channel_name"), CHANNELS.service, CHANNELS.enabled, CHANNELS.verified_at)
    statement = select(*RULES, *channel).join(table_of(Channel), CHANNELS.id == RULES.channel_id)
    ordered = statement.where(RULES.user_id.in_(user_ids)).order_by(RULES.user_id, RULES.position, RULES.id)
    return connection.execute(ordered).mappings().all()


def replace(connection: Connection, user_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the rules of a person."""
    connection.execute(delete(ContactRule).where(RULES.user_id == user_id))
    if rows:
        connection.execute(insert(ContactRule), rows)
