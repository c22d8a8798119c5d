"""Users."""

from marshmallow import fields

from app.enums import Role
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Text, Timestamp, word

MIN_PASSWORD = 8
MAX_PASSWORD = 1024


class NewUserSchema(RequestSchema):
    """A user to be made."""

    username = Text(min=1, max=64, required=True)
    password = Text(min=MIN_PASSWORD, max=MAX_PASSWORD, required=True)
    role = word(Role, required=True)
    enabled = Boolean(load_default=True)


class UserChangesSchema(RequestSchema):
    """What to change of a user."""

    password = Text(min=MIN_PASSWORD, max=MAX_PASSWORD)
    role = word(Role)
    enabled = Boolean()


class UserSchema(AnswerSchema):
    """A person or a script with a role."""

    id = fields.Integer()
    username = fields.String()
    role = word(Role)
    enabled = fields.Boolean()
    created_at = Timestamp()
