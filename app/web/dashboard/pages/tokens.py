"""API tokens: list, create, revoke. A new one is shown only in the response to its form."""

from flask import Response

from app import clock
from app.enums import Role, Scope
from app.store.database.pages import PageRequest
from app.web.context import current_editor, current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.tokens import NewTokenSchema


@dashboard.page("/tokens", role=Role.VIEWER)
def tokens() -> str:
    """List the user's own tokens; an admin sees all."""
    query = read_query(PageQuerySchema)
    return _show(query["page"], filters=filters_of(query))


@dashboard.action("/tokens", role=Role.VIEWER)
def add_token() -> Response:
    """Create a token and show it."""
    made = services().access.api_tokens.issue(current_user(), current_editor(), **read_form(NewTokenSchema))
    return Response(_show(PageRequest(), made=made))


@dashboard.action("/tokens/<id:token_id>/revoke", role=Role.VIEWER)
def revoke_token(token_id: int) -> Response:
    """Revoke a token."""
    revoked = services().access.api_tokens.revoke(token_id, current_user(), current_editor())
    return lead_to("/tokens", "flash.token_revoked", name=revoked["name"])


def _show(page: PageRequest, **context: object) -> str:
    found = services().access.api_tokens.list(page, current_user())
    roles = [role for role in Role if Role(current_user()["role"]).includes(role)]
    return render("tokens", page=found, roles=roles, scopes=list(Scope), now=clock.now(), **{"filters": {}, **context})
