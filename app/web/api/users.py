"""Users."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.pages import PageQuerySchema, page_of
from app.web.schemas.users import (
    ChangedUserSchema,
    NewUserSchema,
    SessionSchema,
    SessionsEndedSchema,
    SessionsEndSchema,
    UserChangesSchema,
    UserSchema,
)

users = ApiBlueprint("users", __name__, description="User accounts and their roles", writes=Scope.USERS)


@users.operation("GET", "/users", role=Role.ADMIN, query=PageQuerySchema, answer=page_of(UserSchema))
def list_users(page: PageRequest) -> Page:
    """List the users."""
    return services().access.users.list(page)


@users.operation(
    "POST",
    "/users",
    role=Role.ADMIN,
    body=NewUserSchema,
    answer=UserSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_user(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a user."""
    user = services().access.users.create(**body, editor=current_editor())
    return user, {"Location": f"/api/v1/users/{user['id']}"}


@users.operation("GET", "/users/<id:user_id>", role=Role.ADMIN, answer=UserSchema, errors=(404,))
def get_user(user_id: int) -> Row:
    """Return a user."""
    return services().access.users.get(user_id)


@users.operation(
    "PATCH", "/users/<id:user_id>", role=Role.ADMIN, body=UserChangesSchema, answer=ChangedUserSchema, errors=(404, 409)
)
def update_user(user_id: int, body: dict[str, Any]) -> Row:
    """Change a user's password or role, or enable or disable the user.

    A new password ends the user's sessions. With `revoke_tokens` it also revokes the user's API tokens.
    """
    revoke_tokens = body.pop("revoke_tokens")
    return services().access.users.update(user_id, body, current_editor(), revoke_tokens=revoke_tokens)


@users.operation("DELETE", "/users/<id:user_id>", role=Role.ADMIN, status=204, errors=(404, 409))
def delete_user(user_id: int) -> None:
    """Delete a user."""
    services().access.users.delete(user_id, current_editor())


@users.operation(
    "GET",
    "/users/<id:user_id>/sessions",
    role=Role.ADMIN,
    query=PageQuerySchema,
    answer=page_of(SessionSchema),
    errors=(404,),
)
def list_sessions(user_id: int, page: PageRequest) -> Page:
    """List a user's sessions, newest first."""
    return services().access.users.sessions(page, user_id)


@users.operation(
    "POST",
    "/users/<id:user_id>/sessions/revoke",
    role=Role.ADMIN,
    body=SessionsEndSchema,
    answer=SessionsEndedSchema,
    errors=(404,),
)
def end_sessions(user_id: int, body: Mapping[str, Any]) -> Mapping[str, int]:
    """End all sessions of a user immediately. With `tokens`, also revoke all of the user's API tokens."""
    return services().access.users.end_sessions(user_id, body["tokens"], current_editor())
