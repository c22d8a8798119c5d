"""API tokens."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import ApiBlueprint
from app.web.context import current_editor, current_user, services
from app.web.schemas.pages import page_of
from app.web.schemas.tokens import MadeTokenSchema, NewTokenSchema, TokenSchema, TokensQuerySchema

# No scope allows writing here: a leaked token must not create another one that outlives it.
tokens = ApiBlueprint("tokens", __name__, description="API tokens for scripts")


@tokens.operation("GET", "/tokens", role=Role.VIEWER, query=TokensQuerySchema, answer=page_of(TokenSchema))
def list_tokens(page: PageRequest, user_id: int | None = None) -> Page:
    """List your API tokens, newest first. Admins see the tokens of all users."""
    return services().access.api_tokens.list(page, current_user(), user_id)


@tokens.operation(
    "POST", "/tokens", role=Role.VIEWER, body=NewTokenSchema, answer=MadeTokenSchema, status=201, errors=(409,)
)
def create_token(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Create an API token for yourself, with your role or a lower one. The token is shown only in this response."""
    return services().access.api_tokens.issue(current_user(), current_editor(), **body)


@tokens.operation("DELETE", "/tokens/<id:token_id>", role=Role.VIEWER, status=204, errors=(404,))
def revoke_token(token_id: int) -> None:
    """Revoke an API token, effective immediately. Admins can revoke the tokens of all users."""
    services().access.api_tokens.revoke(token_id, current_user(), current_editor())
