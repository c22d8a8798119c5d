"""The HTTP layer: parses a request, calls one service, returns a response."""

from app.web.application import create_app
from app.web.session_tokens import make_tokens

__all__ = ["create_app", "make_tokens"]
