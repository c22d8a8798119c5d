"""Sign-in and sign-out."""

from collections.abc import Mapping
from typing import Any

from flask import request

from app.enums import Role
from app.web.access import PUBLIC, read_refresh_token
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, current_session_id, current_user, services
from app.web.schemas.auth import LoginSchema, RefreshSchema, TokensSchema
from app.web.schemas.users import UserSchema
from app.web.session_tokens import make_tokens

auth = ApiBlueprint("auth", __name__, description="Sign in and sign out")


@auth.operation("POST", "/auth/login", role=PUBLIC, body=LoginSchema, answer=TokensSchema, errors=(401, 429))
def login(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sign in."""
    sign_in = services().access.auth.login(body["username"], body["password"], request.remote_addr or "")
    return make_tokens(services().settings, sign_in)


@auth.operation("POST", "/auth/refresh", role=PUBLIC, body=RefreshSchema, answer=TokensSchema, errors=(401,))
def refresh(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Exchange a refresh token for new tokens. The old refresh token stops working.

    Send it in the body, or in the Authorization header.
    """
    sign_in = services().access.auth.refresh(*read_refresh_token(body.get("refresh_token")))
    return make_tokens(services().settings, sign_in)


@auth.operation("POST", "/auth/logout", role=Role.VIEWER, status=204)
def logout() -> None:
    """Sign out: revoke all tokens of this session."""
    services().access.auth.logout(current_session_id())


@auth.operation("GET", "/auth/me", role=Role.VIEWER, answer=UserSchema)
def me() -> Row:
    """Return the user who owns the token."""
    return current_user()
