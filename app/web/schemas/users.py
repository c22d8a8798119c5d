"""Users."""

from marshmallow import fields

from app.enums import Role
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Text, Timestamp, word

MIN_PASSWORD = 8
MAX_PASSWORD = 1024


class NewUserSchema(RequestSchema):
    """A new user."""

    username = Text(min=1, max=64, required=True)
    password = Text(min=MIN_PASSWORD, max=MAX_PASSWORD, required=True)
    role = word(Role, required=True)
    enabled = Boolean(load_default=True)


class UserChangesSchema(RequestSchema):
    """Changes to a user."""

    password = Text(min=MIN_PASSWORD, max=MAX_PASSWORD)
    role = word(Role)
    enabled = Boolean(metadata={"description": "Whether the user can sign in"})
    revoke_tokens = Boolean(
        load_default=False,
        metadata={
            "description": "Whether to also revoke the user's API tokens; a new password alone does not revoke them"
        },
    )


class UserSchema(AnswerSchema):
    """A person or script with a role."""

    id = fields.Integer()
    username = fields.String()
    role = word(Role)
    enabled = fields.Boolean(metadata={"description": "Whether the user can sign in"})
    created_at = Timestamp()


class ChangedUserSchema(UserSchema):
    """A user after a change."""

    api_tokens = fields.Integer(metadata={"description": "Number of the user's API tokens that are still valid"})


class SessionSchema(AnswerSchema):
    """A session that has not ended. Its id is in tokens and is never shown."""

    network = fields.String(allow_none=True, metadata={"description": "Client address; for IPv6 its /64 network"})
    created_at = Timestamp()
    expires_at = Timestamp()


class SessionsEndSchema(RequestSchema):
    """What to revoke."""

    is_body_required = False

    tokens = Boolean(load_default=False, metadata={"description": "Whether to also revoke all API tokens"})


class SessionsEndedSchema(AnswerSchema):
    """Numbers of sessions ended and API tokens revoked."""

    sessions = fields.Integer(metadata={"description": "Number of sessions ended"})
    tokens = fields.Integer(metadata={"description": "Number of API tokens revoked"})
