"""The HTTP door: parses a request, calls one service, answers."""

from app.web.application import create_app
from app.web.tokens import make_tokens

__all__ = ["create_app", "make_tokens"]
