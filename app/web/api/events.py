"""Task events in real time, over a WebSocket or as text/event-stream."""

from typing import Any

from flask import Response, g, request

from app.enums import Role, Scope
from app.errors import Unauthorized
from app.queue.stream_tickets import TICKET_S
from app.web.api_blueprint import ApiBlueprint
from app.web.context import current_session_id, services
from app.web.problems import problem
from app.web.schemas.events import EventsQuerySchema, LastEventSchema, TicketSchema
from app.web.streams.admission import hand_over, wish_of
from app.web.streams.clients import Client, EventStream, WebSocket

EVENT_STREAM = "text/event-stream"
WEBSOCKET_VERSION = "13"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": WEBSOCKET_VERSION}

events = ApiBlueprint("events", __name__, description="Task events in real time")


@events.operation("POST", "/events/ticket", role=Role.VIEWER, scope=Scope.READ, answer=TicketSchema, status=201)
def create_events_ticket() -> dict[str, Any]:
    """Create a single-use ticket for `GET /events`, for clients that cannot send an Authorization header."""
    return {"ticket": services().access.tickets.issue(current_session_id()), "expires_in": TICKET_S}


@events.operation(
    "GET",
    "/events",
    role=Role.VIEWER,
    query=EventsQuerySchema,
    errors=(426,),
    admits_itself=True,
    media_type=EVENT_STREAM,
)
def watch_events(ticket: str | None = None, **wanted: Any) -> Response:
    """Stream events over a WebSocket or, with `Accept: text/event-stream`, as server-sent events.

    A client that opens a WebSocket with neither an Authorization header nor a ticket must send `{"token": …}` within
    5 s, together with its filters, if any. Each message has an `id`. A client that reconnects with the last `id` as
    `last_id` gets all events of the last 10 minutes that it missed.
    """
    kind = _kind()
    session_id = _session_id(ticket)
    if kind is None:
        return problem(426, "upgrade_required", f"Open a WebSocket, or send Accept: {EVENT_STREAM}.", None, UPGRADE)
    wish = None if session_id is None else wish_of(session_id, **{**_last_event(), **wanted})
    return hand_over(kind, wish)


def _last_event() -> dict[str, str]:
    """Return the last event that a browser received before it lost the stream."""
    name = "Last-Event-ID"
    given = {name: request.headers[name]} if request.headers.get(name) else {}
    loaded: dict[str, str] = LastEventSchema().load(given)
    return loaded


def _session_id(ticket: str | None) -> str | None:
    """Return the session of a token in the header or of a ticket. Raises Unauthorized for an invalid ticket."""
    if "session_id" in g:
        return current_session_id()
    if ticket is None:
        if "websocket" in request.headers.get("Upgrade", "").lower():
            return None
        raise Unauthorized("A valid token or ticket is required.")
    session_id = services().access.tickets.redeem(ticket)
    if session_id is None:
        raise Unauthorized("The ticket is invalid or expired.")
    services().access.auth.identify(session_id)
    return session_id


def _kind() -> type[Client] | None:
    """Return the kind of stream that the client asks for; None when it asks for none."""
    headers = request.headers
    if request.method != "GET":
        return None
    if headers.get("Upgrade", "").lower() == "websocket":
        is_right = headers.get("Sec-WebSocket-Version") == WEBSOCKET_VERSION
        is_upgrade = "upgrade" in headers.get("Connection", "").lower()
        key = headers.get("Sec-WebSocket-Key", "")
        return WebSocket if is_right and is_upgrade and key else None
    accepts = any(kind == EVENT_STREAM for kind, _ in request.accept_mimetypes)
    return EventStream if accepts else None
