"""Statements on notifications: the routes that end at a channel, and what all routes have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from app.enums import DeliveryGuarantee, RouteTarget
from app.models import Channel, Notification
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

NOTIFICATIONS = Notification.__table__.c
CHANNELS = Channel.__table__.c
SHOWN = tuple(column for column in NOTIFICATIONS if column.name != "url_sealed")
IS_NOTIFICATION = NOTIFICATIONS.target == RouteTarget.CHANNEL
# An address without a channel was written by the previous release, which sends a message at most once.
DELIVERY = func.coalesce(CHANNELS.delivery, str(DeliveryGuarantee.AT_MOST_ONCE)).label("delivery")
FOUND = select(*SHOWN, DELIVERY).outerjoin(Channel, CHANNELS.id == NOTIFICATIONS.channel_id).where(IS_NOTIFICATION)


def find(connection: Connection, notification_id: int) -> RowMapping | None:
    """Return one notification as the API shows it, without its address."""
    return connection.execute(FOUND.where(NOTIFICATIONS.id == notification_id)).mappings().one_or_none()


def lock(connection: Connection, notification_id: int) -> RowMapping | None:
    """Return one notification with its encrypted address, and lock it until the transaction ends."""
    statement = select(*NOTIFICATIONS).where(NOTIFICATIONS.id == notification_id, IS_NOTIFICATION).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of notifications."""
    return fetch_page(connection, FOUND, Keyset({"id": NOTIFICATIONS.id}), page)


def every(connection: Connection) -> Sequence[RowMapping]:
    """Return all routes without their addresses."""
    return connection.execute(select(*SHOWN).order_by(NOTIFICATIONS.id)).mappings().all()


def enabled(connection: Connection) -> Sequence[RowMapping]:
    """Return the enabled routes, and prevent their deletion until the transaction ends."""
    statement = select(*SHOWN).where(NOTIFICATIONS.enabled).order_by(NOTIFICATIONS.id)
    return connection.execute(statement.with_for_update(read=True, key_share=True)).mappings().all()


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another route has this name."""
    return is_taken(connection, NOTIFICATIONS, name, except_id)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a route and return its id."""
    return int(connection.execute(insert(Notification).returning(NOTIFICATIONS.id), row).scalar_one())


def change(connection: Connection, notification_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a route."""
    connection.execute(update(Notification).where(NOTIFICATIONS.id == notification_id).values(values))


def remove(connection: Connection, notification_id: int) -> bool:
    """Delete a route with its unsent changes; return false if it does not exist."""
    return connection.execute(delete(Notification).where(NOTIFICATIONS.id == notification_id)).rowcount > 0
