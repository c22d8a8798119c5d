"""The statements on the rules by which people are notified."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.models import Notification
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

NOTIFICATIONS = Notification.__table__.c
SHOWN = tuple(column for column in NOTIFICATIONS if column.name != "url_sealed")


def find(connection: Connection, notification_id: int) -> RowMapping | None:
    """Return one rule as it is shown: without its address."""
    return connection.execute(select(*SHOWN).where(NOTIFICATIONS.id == notification_id)).mappings().one_or_none()


def lock(connection: Connection, notification_id: int) -> RowMapping | None:
    """Return one rule with its sealed address, and keep others from working on it until the transaction ends."""
    statement = select(*NOTIFICATIONS).where(NOTIFICATIONS.id == notification_id).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of rules."""
    return fetch_page(connection, select(*SHOWN), Keyset({"id": NOTIFICATIONS.id}), page)


def every(connection: Connection) -> Sequence[RowMapping]:
    """Return all rules without their addresses."""
    return connection.execute(select(*SHOWN).order_by(NOTIFICATIONS.id)).mappings().all()


def enabled(connection: Connection) -> Sequence[RowMapping]:
    """Return the rules that are enabled, and keep others from deleting them until the transaction ends."""
    statement = select(*SHOWN).where(NOTIFICATIONS.enabled).order_by(NOTIFICATIONS.id)
    return connection.execute(statement.with_for_update(read=True, key_share=True)).mappings().all()


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Tell whether another rule has this name."""
    statement = select(NOTIFICATIONS.id).where(NOTIFICATIONS.name == name)
    if except_id is not None:
        statement = statement.where(NOTIFICATIONS.id != except_id)
    return connection.execute(statement).first() is not None


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a rule and return its id."""
    return int(connection.execute(insert(Notification).returning(NOTIFICATIONS.id), row).scalar_one())


def change(connection: Connection, notification_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a rule."""
    connection.execute(update(Notification).where(NOTIFICATIONS.id == notification_id).values(values))


def remove(connection: Connection, notification_id: int) -> bool:
    """Delete a rule with what it had to tell; false when it is not there."""
    return connection.execute(delete(Notification).where(NOTIFICATIONS.id == notification_id)).rowcount > 0
