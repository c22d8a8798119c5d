"""The webhook token of a request: in the Authorization header, never in the URL or the body."""

from typing import Any

from flask import request

from app.errors import Unauthorized

IN_THE_URL = (
    "A token in the URL reaches logs. Send it as Authorization: Bearer <token>, or as the password of basic"
    " authentication with any user name, and leave the query out."
)
PARAMETERS = frozenset(("token", "access_token", "api_token", "api_key", "apikey", "key", "auth", "password", "secret"))
HIDDEN = "(webhook token)"
CHALLENGES = 'Bearer, Basic realm="nagare"'


def posted_token() -> str:
    """Return the bearer token or the password of basic authentication; an empty text if there is neither.

    Raises Unauthorized for a token in the query.
    """
    authorization = request.authorization
    token = None
    if authorization is not None and authorization.type == "bearer":
        token = authorization.token
    elif authorization is not None and authorization.type == "basic":
        token = authorization.password
    if PARAMETERS.intersection(request.args) or (request.args and not token):
        raise Unauthorized(IN_THE_URL)
    return token or ""


def without_token(body: Any) -> Any:
    """Return the request's body without its own token, which would be shown as an annotation or in a dead letter."""
    token = posted_token()
    return _without(body, token) if token and token.encode(errors="replace") in request.get_data() else body


def _without(value: Any, token: str) -> Any:
    if isinstance(value, str):
        return value.replace(token, HIDDEN)
    if isinstance(value, list):
        return [_without(member, token) for member in value]
    if isinstance(value, dict):
        return {_without(name, token): _without(member, token) for name, member in value.items()}
    return value
