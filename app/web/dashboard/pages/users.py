"""Users: add, change role or password, enable, disable, end sessions, delete."""

from flask import Response

from app.enums import Role
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.users import NewUserSchema, UserChangesSchema

USER = "/users/<id:user_id>"


@dashboard.page("/users", role=Role.ADMIN)
def users() -> str:
    """List the users."""
    query = read_query(PageQuerySchema)
    return render("users", page=services().access.users.list(**query), filters=filters_of(query), roles=list(Role))


@dashboard.action("/users", role=Role.ADMIN)
def add_user() -> Response:
    """Add a user."""
    added = services().access.users.create(**read_form(NewUserSchema), editor=current_editor())
    return lead_to("/users", "flash.user_added", name=added["username"])


@dashboard.action(USER, role=Role.ADMIN)
def edit_user(user_id: int) -> Response:
    """Change a user's role or password, or enable or disable them; say which tokens stay valid after a new password."""
    changes = read_form(UserChangesSchema)
    revoke_tokens = changes.pop("revoke_tokens")
    changed = services().access.users.update(user_id, changes, current_editor(), revoke_tokens=revoke_tokens)
    if "password" in changes or revoke_tokens:
        message = "flash.tokens_hold" if changed["api_tokens"] else "flash.no_token_holds"
        return lead_to("/users", message, name=changed["username"], count=changed["api_tokens"])
    return lead_to("/users", "flash.saved", name=changed["username"])


@dashboard.action(USER + "/sessions/revoke", role=Role.ADMIN)
def end_user_sessions(user_id: int) -> Response:
    """End all sessions of a user and revoke all API tokens."""
    name = services().access.users.get(user_id)["username"]
    services().access.users.end_sessions(user_id, with_tokens=True, editor=current_editor())
    return lead_to("/users", "flash.sessions_ended", name=name)


@dashboard.action(USER + "/delete", role=Role.ADMIN)
def delete_user(user_id: int) -> Response:
    """Delete a user."""
    name = services().access.users.get(user_id)["username"]
    services().access.users.delete(user_id, current_editor())
    return lead_to("/users", "flash.deleted", name=name)
