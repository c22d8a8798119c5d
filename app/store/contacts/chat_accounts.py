"""Statements on people's accounts in chats."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from app.enums import ChannelKind
from app.models import ChatAccount, User
from app.store.database.dialects import table_of

ACCOUNTS = ChatAccount.__table__.c
USERS = User.__table__.c
OWNED = (*ACCOUNTS, USERS.username, USERS.role, USERS.enabled)


def find(connection: Connection, account_id: int) -> RowMapping | None:
    """Return one account."""
    return connection.execute(select(*ACCOUNTS).where(ACCOUNTS.id == account_id)).mappings().one_or_none()


def owner_of(connection: Connection, kind: ChannelKind, external_id: str) -> RowMapping | None:
    """Return an account with the name, role and state of its user."""
    statement = select(*OWNED).join_from(table_of(ChatAccount), table_of(User), USERS.id == ACCOUNTS.user_id)
    wanted = (ACCOUNTS.kind == kind, ACCOUNTS.external_id == external_id)
    return connection.execute(statement.where(*wanted)).mappings().one_or_none()


def of_user(connection: Connection, user_id: int) -> Sequence[RowMapping]:
    """Return the accounts of a user, the oldest first."""
    statement = select(*ACCOUNTS).where(ACCOUNTS.user_id == user_id).order_by(ACCOUNTS.id)
    return connection.execute(statement).mappings().all()


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add an account and return its id."""
    return int(connection.execute(insert(ChatAccount).returning(ACCOUNTS.id), row).scalar_one())


def remove(connection: Connection, account_id: int) -> None:
    """Delete an account."""
    connection.execute(delete(ChatAccount).where(ACCOUNTS.id == account_id))
