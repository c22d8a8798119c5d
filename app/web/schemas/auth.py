"""Sign-in."""

from marshmallow import fields, validate

from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text
from app.web.schemas.users import MAX_PASSWORD


class LoginSchema(RequestSchema):
    """The credentials of a sign-in."""

    username = Text(min=1, max=64, required=True)
    password = Text(min=1, max=MAX_PASSWORD, required=True)


class RefreshSchema(RequestSchema):
    """The refresh token, unless it is in the Authorization header."""

    is_body_required = False

    refresh_token = Text(min=1, max=4096)


class TokensSchema(AnswerSchema):
    """The tokens of a session."""

    access_token = fields.String()
    refresh_token = fields.String()
    token_type = fields.String(validate=validate.Equal("Bearer"))
    expires_in = fields.Integer(metadata={"description": "Lifetime of the access token in seconds"})
