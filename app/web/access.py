"""Access control: every view declares a role; one without a role can be neither registered nor called."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Literal, TypeVar

from flask import Flask, current_app, g, request
from flask_jwt_extended import JWTManager, decode_token, get_jwt, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import InvalidSignatureError, PyJWTError

from app import clock
from app.enums import Role, Scope
from app.errors import Forbidden, Unauthorized
from app.services.access import api_tokens
from app.services.access.acting import begin_acting, end_acting
from app.settings import Settings
from app.web.context import current_editor, services
from app.web.session_tokens import ALGORITHM, signing_keys

KEYS = "nagare.signing_keys"
VERIFIED = "nagare.verified_tokens"
VERIFIED_AT_MOST = 1000
PUBLIC: Literal["public"] = "public"
SIGN_IN: Literal["sign-in"] = "sign-in"
"""In place of a scope: an operation that accepts no API token."""
API_TOKEN = f"Bearer {api_tokens.START}"
View = TypeVar("View", bound=Callable[..., Any])


def declare_role(role: Role | Literal["public"], scope: Scope | Literal["sign-in"] = SIGN_IN) -> Callable[[View], View]:
    """Return a decorator that declares the role that a view requires, and the scope that an API token needs for it."""

    def declare(view: View) -> View:
        view.role, view.scope = role, scope  # type: ignore[attr-defined]
        return view

    return declare


def install(app: Flask, settings: Settings) -> None:
    """Make the application authenticate and authorize every request before anything else."""
    app.extensions[KEYS] = keys = signing_keys(settings)
    app.config.update(JWT_SECRET_KEY=keys[0], JWT_ALGORITHM=ALGORITHM, JWT_TOKEN_LOCATION=["headers"])
    JWTManager(app).decode_key_loader(lambda _header, _claims: g.decode_key)
    app.extensions[VERIFIED] = {}
    app.before_request(_admit)
    app.teardown_request(lambda _error: end_acting())


def require_roles(app: Flask) -> None:
    """Raise RuntimeError for a view that declares no role."""
    open_views = [name for name, view in app.view_functions.items() if not hasattr(view, "role")]
    if open_views:
        raise RuntimeError(f"no role is declared for {', '.join(sorted(open_views))}")


def read_refresh_token(token: str | None) -> tuple[str, str]:
    """Return (session id, token id) of a refresh token, by default the one in the Authorization header.

    Raises Unauthorized for anything that is not a valid refresh token.
    """
    claims = _claims(lambda: decode_token(token) if token else verify_jwt_in_request(refresh=True) and get_jwt())
    if claims["type"] != "refresh":
        raise Unauthorized("This is not a refresh token.")
    return claims["sid"], claims["jti"]


def read_access_token(token: str) -> dict[str, Any]:
    """Return the claims of an access token that is not sent as a bearer token. Raises Unauthorized."""
    claims = _claims(lambda: decode_token(token))
    if claims["type"] != "access":
        raise Unauthorized("This is not an access token.")
    return claims


def read_token(token: str) -> str:
    """Return the session id of an access token, or the key of an API token. Raises Unauthorized."""
    return api_tokens.key_of(token) if token.startswith(api_tokens.START) else str(read_access_token(token)["sid"])


def check_powers(user: Mapping[Any, Any], role: Role, scope: Scope | Literal["sign-in"]) -> None:
    """Raise Forbidden unless the user has the role and, with an API token, the token has the scope."""
    if not Role(user["role"]).includes(role):
        raise Forbidden(f"This requires the role {role}.")
    if "token_id" in user:
        if scope == SIGN_IN:
            raise Forbidden("This requires a sign-in: API tokens are not accepted.")
        if user["scopes"] is not None and scope not in user["scopes"]:
            raise Forbidden(f"This requires a token with the scope {scope}.")


def find_session_by(find: Callable[[], str]) -> Callable[[View], View]:
    """Return a decorator for views that authenticate otherwise than by a bearer token.

    `find` returns the session id or raises Unauthorized.
    """

    def declare(view: View) -> View:
        view.find_session = find  # type: ignore[attr-defined]
        return view

    return declare


def _admit() -> None:
    if request.endpoint is None:
        return
    view: Any = current_app.view_functions[request.endpoint]
    if view.role == PUBLIC:
        return
    if getattr(view, "admits_itself", False) and "Authorization" not in request.headers:
        return
    g.session_id = getattr(view, "find_session", _bearer_session)()
    g.user = services().access.auth.identify(g.session_id)
    check_powers(g.user, view.role, view.scope)
    begin_acting(current_editor())


def _bearer_session() -> str:
    """Return the session id of the request's token. A token is verified once, because that costs more than the user
    lookup."""
    header = request.headers.get("Authorization", "")
    if header.startswith(API_TOKEN):
        return api_tokens.key_of(header.removeprefix("Bearer "))
    verified: dict[bytes, tuple[str, float]] = current_app.extensions[VERIFIED]
    key = sha256(header.encode(errors="replace")).digest()
    session_id, expires_at = verified.get(key, ("", 0.0))
    if clock.now().timestamp() < expires_at:
        return session_id
    claims = _claims(lambda: verify_jwt_in_request() and get_jwt())
    if len(verified) >= VERIFIED_AT_MOST:
        verified.clear()
    verified[key] = claims["sid"], claims["exp"]
    return str(claims["sid"])


def _claims(read: Callable[[], Any]) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = _by_any_key(read)
    except (JWTExtendedException, PyJWTError, ValueError, RecursionError):
        # ValueError and RecursionError: a token's header is JSON from the client that is parsed before its signature is
        # checked.
        raise Unauthorized("A valid token is required: Authorization: Bearer <token>.") from None
    return claims


def _by_any_key(read: Callable[[], Any]) -> Any:
    """Verify a token with each key until one fits. Raises InvalidSignatureError when none does."""
    first, *others = current_app.extensions[KEYS]
    g.decode_key = first
    for other in others:
        try:
            return read()
        except InvalidSignatureError:
            g.decode_key = other
    return read()
