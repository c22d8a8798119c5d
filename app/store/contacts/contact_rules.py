"""Statements on people's contact rules."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from app.models import Channel, ContactRule
from app.store.database.dialects import table_of

RULES = ContactRule.__table__.c
CHANNELS = Channel.__table__.c
PLACE = update(table_of(ContactRule)).where(RULES.id == bindparam("rule")).values(position=bindparam("place"))


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


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a rule and return its id."""
    return int(connection.execute(insert(ContactRule).returning(RULES.id), row).scalar_one())


def change(connection: Connection, rule_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a rule."""
    connection.execute(update(ContactRule).where(RULES.id == rule_id).values(values))


def remove(connection: Connection, rule_id: int) -> None:
    """Delete a rule."""
    connection.execute(delete(ContactRule).where(RULES.id == rule_id))


def place(connection: Connection, rule_ids: Sequence[int]) -> None:
    """Give rules the places that they have in the list."""
    if rule_ids:
        connection.execute(PLACE, [{"rule": rule_id, "place": at} for at, rule_id in enumerate(rule_ids)])
