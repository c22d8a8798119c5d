"""API tokens."""

from typing import Any

from marshmallow import fields, post_load, validate

from app.enums import Role, Scope
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, Timestamp, query_id, word
from app.web.schemas.pages import PageQuerySchema

MAX_DAYS = 3650


class TokensQuerySchema(PageQuerySchema):
    """Filter of the list of tokens: an admin can list those of one user, others see their own."""

    user_id = query_id(metadata={"description": "Only tokens of this user; for admins"})


class NewTokenSchema(RequestSchema):
    """A new token for the caller."""

    name = Text(min=1, max=100, required=True, metadata={"description": "What the token is for"})
    role = word(Role, load_default=Role.VIEWER)
    scopes = fields.List(
        word(Scope),
        allow_none=True,
        load_default=None,
        validate=validate.Length(1, len(Scope)),
        metadata={"description": "Limits the token to these scopes; `null` for everything that the role allows"},
    )
    is_wallboard = Boolean(
        load_default=False,
        metadata={"description": "A token that opens the wallboard and nothing else; `role` and `scopes` do not count"},
    )
    days = Integer(validate=validate.Range(1, MAX_DAYS), load_default=90, metadata={"description": "Lifetime in days"})

    @post_load
    def _use_words(self, token: dict[str, Any], **_: object) -> dict[str, Any]:
        scopes = token["scopes"]
        return {**token, "role": Role(token["role"]), "scopes": None if scopes is None else {*map(Scope, scopes)}}


class TokenSchema(AnswerSchema):
    """An API token of a user."""

    id = fields.Integer()
    user_id = fields.Integer()
    username = fields.String()
    name = fields.String()
    role = word(Role, metadata={"description": "The effective role is never higher than the owner's current role"})
    scopes = fields.List(
        word(Scope), allow_none=True, metadata={"description": "`null` for everything that the role allows"}
    )
    is_wallboard = fields.Boolean(metadata={"description": "Whether it opens the wallboard and nothing else"})
    created_at = Timestamp()
    expires_at = Timestamp()
    last_used_at = Timestamp(allow_none=True, metadata={"description": "Accurate to the minute"})


class MadeTokenSchema(TokenSchema):
    """A token that was just created."""

    token = fields.String(metadata={"description": "Shown only in this response"})
