"""How a view says that the connection of its request becomes a stream."""

from dataclasses import dataclass

from app.rules.live_events import EventFilter
from app.web.streams.clients import Client


@dataclass(frozen=True, slots=True)
class Wish:
    """Options of a stream: who watches what, from which event on."""

    session_id: str
    wanted: EventFilter
    last_id: str | None = None
    age_s: float = 0.0
    """For how long the client has heard nothing, where it does not know the last event."""


@dataclass(slots=True)
class Handover:
    """Filled in by the view; without a wish the client's first message authenticates it."""

    kind: type[Client] | None = None
    wish: Wish | None = None
