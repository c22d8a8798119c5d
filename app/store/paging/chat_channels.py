"""Statements on the channels of chats, as clicks on their buttons need them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app.enums import ChannelKind, DeliveryState
from app.models import Channel, PageDelivery

CHANNELS = Channel.__table__.c
DELIVERIES = PageDelivery.__table__.c
MAX_RECEIPTS = 10
"""The newest messages of a page that are changed: each takes a request."""
LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNCERTAIN)
"""The states of a message that its receiver may have: a click can be faster than the note that it was sent."""


def of_kind(connection: Connection, kind: ChannelKind, channel_id: int | None = None) -> Sequence[RowMapping]:
    """Return `id`, `url_sealed` and `language` of the enabled channels of a kind, or of one of them."""
    wanted = [CHANNELS.kind == kind, CHANNELS.enabled]
    if channel_id is not None:
        wanted.append(CHANNELS.id == channel_id)
    statement = select(CHANNELS.id, CHANNELS.url_sealed, CHANNELS.language).where(*wanted)
    return connection.execute(statement.order_by(CHANNELS.id)).mappings().all()


def told_of(connection: Connection, page_id: int, channel_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return `channel_id` and `receipt` of the messages of a page that some channels may have."""
    told = (DELIVERIES.page_id == page_id, DELIVERIES.channel_id.in_(channel_ids), DELIVERIES.state.in_(LEFT))
    statement = select(DELIVERIES.channel_id, DELIVERIES.receipt).where(*told)
    return connection.execute(statement.order_by(DELIVERIES.id)).mappings().all()


def receipts_of(connection: Connection, channel_id: int, page_ids: Collection[int]) -> Sequence[Mapping[str, Any]]:
    """Return the receipts of a channel's messages that are about these pages and no others, the oldest first."""
    sent = (DELIVERIES.channel_id == channel_id, DELIVERIES.state == DeliveryState.SENT)
    tasks = select(DELIVERIES.task_id).where(DELIVERIES.page_id.in_(page_ids), *sent)
    # One message may tell of several pages: its text about the others must stay.
    statement = select(DELIVERIES.page_id, DELIVERIES.receipt).where(DELIVERIES.task_id.in_(tasks), *sent)
    rows = connection.execute(statement.order_by(DELIVERIES.id)).mappings().all()
    shared = [row["receipt"] for row in rows if row["page_id"] not in page_ids]
    found: list[Mapping[str, Any]] = []
    for row in rows:
        if row["receipt"] and row["receipt"] not in (*shared, *found):
            found.append(row["receipt"])
    return found[-MAX_RECEIPTS:]
