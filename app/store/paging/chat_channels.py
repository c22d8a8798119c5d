"""Statements on the channels of chats, as clicks on their buttons need them."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, select

from app.enums import ChannelKind, DeliveryState
from app.models import Channel, PageDelivery

CHANNELS = Channel.__table__.c
DELIVERIES = PageDelivery.__table__.c
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
