"""Authenticates a client by its first message on a WebSocket."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, request
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest

from app.enums import Role, Scope
from app.errors import DatabaseUnavailable, Forbidden, NoStreams, Unauthorized
from app.rules.live_events import EventFilter
from app.web.access import check_powers, read_token
from app.web.context import services
from app.web.parsing import parse_json
from app.web.schemas.events import FirstMessageSchema
from app.web.streams import EXTENSION, HANDOVER
from app.web.streams.clients import POLICY, TRY_AGAIN_LATER, Client, WebSocket
from app.web.streams.handover import Handover, Wish
from app.web.streams.stream import StreamEnded


def make_admission(app: Flask) -> Callable[[str], Wish]:
    """Return a function that reads a first message, `{"token": …}` with filters, and raises StreamEnded if it is
    rejected."""

    def admit(message: str) -> Wish:
        try:
            with app.app_context():
                said = FirstMessageSchema().load(parse_json(message.encode(errors="replace")))
                session_id = read_token(said.pop("token"))
                check_powers(services().access.auth.identify(session_id), Role.VIEWER, Scope.READ)
        except Forbidden:
            raise StreamEnded(POLICY, f"the token lacks the scope {Scope.READ}") from None
        except Unauthorized:
            raise StreamEnded(POLICY, "a valid token is required") from None
        except BadRequest:
            raise StreamEnded(POLICY, "the first message must be a JSON object") from None
        except ValidationError as error:
            raise StreamEnded(POLICY, f"invalid in the first message: {_names(error)}") from None
        except DatabaseUnavailable:
            raise StreamEnded(TRY_AGAIN_LATER, "the database is unavailable") from None
        return wish_of(session_id, **said)

    return admit


def wish_of(session_id: str, last_id: str | None = None, **wanted: Any) -> Wish:
    """Return the stream's options: its filters, and the last event that the client received, if any."""
    return Wish(session_id, EventFilter(**wanted), last_id)


def hand_over(kind: type[Client], wish: Wish | None) -> Response:
    """Have the connection of this request become a stream. Raises TooManyStreams and NoStreams."""
    current_app.extensions[EXTENSION].require_room()
    handover: Handover | None = request.environ.get(HANDOVER)
    if handover is None:
        raise NoStreams("this server cannot stream events: start the API with gunicorn and its gunicorn.conf.py")
    handover.kind, handover.wish = kind, wish
    return Response(status=101 if kind is WebSocket else 200)


def _names(error: ValidationError) -> str:
    names = error.messages_dict if isinstance(error.messages, dict) else {"the message": ()}
    # A close frame holds 123 bytes.
    return ", ".join(str(name) for name in names).encode("ascii", "replace").decode()[:60]
