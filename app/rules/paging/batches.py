"""What is sent in one message to a channel, and how a receiver recognizes it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from app.enums import DeliveryKind, PageState

PAUSE = timedelta(seconds=30)
"""The least time between two messages to a channel: what comes in between is gathered."""
WANTED_IN: Mapping[DeliveryKind, tuple[PageState, ...]] = {
    DeliveryKind.PAGE: (PageState.OPEN, PageState.EXHAUSTED),
    DeliveryKind.UPDATE: (PageState.OPEN, PageState.EXHAUSTED),
    DeliveryKind.ACKNOWLEDGED: (PageState.ACKNOWLEDGED,),
    DeliveryKind.RESOLVED: (PageState.RESOLVED,),
}
"""The states of a page in which a message of each kind is still wanted."""


def is_wanted(kind: str, state: str) -> bool:
    """Return whether a message of this kind is still wanted while its page is in this state."""
    return PageState(state) in WANTED_IN[DeliveryKind(kind)]


def resting_until(last_sent_at: datetime | None, now: datetime) -> datetime | None:
    """Return until when a channel gets no further message; None if it may get one now."""
    return last_sent_at + PAUSE if last_sent_at is not None and now < last_sent_at + PAUSE else None


def message_key(deliveries: Iterable[Mapping[Any, Any]]) -> str:
    """Return the idempotency key of a message: the same for the same deliveries about the same events."""
    parts = sorted(f"{each['id']}:{each['up_to_decision'] or 0}" for each in deliveries)
    return f"nagare-{blake2b(' '.join(parts).encode(), digest_size=12).hexdigest()}"
