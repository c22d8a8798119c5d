"""Teams and their members."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, Timestamp, row_id

MAX_MEMBERS = 1000
MAX_USERNAME = 64


class Member(fields.Field[int | str]):
    """A user, by id or name."""

    _id = row_id()
    _name = Text(min=1, max=MAX_USERNAME)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int | str:
        kind: fields.Field[Any] = self._name if isinstance(value, str) else self._id
        found: int | str = kind.deserialize(value, attr, data, **kwargs)
        return found


def _members(**kwargs: Any) -> fields.List[int | str]:
    one_of = {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 1}]}
    return fields.List(
        Member(metadata=one_of),
        validate=validate.Length(max=MAX_MEMBERS),
        metadata={"description": "Its members, each by id or user name; in a change, all of them"},
        **kwargs,
    )


class TeamChangesSchema(RequestSchema):
    """Changes to a team."""

    name = Text(min=1, max=200)
    description = Text(max=2000)
    members = _members()


class NewTeamSchema(TeamChangesSchema):
    """A new team."""

    name = Text(min=1, max=200, required=True)
    description = Text(max=2000, load_default="")
    members = _members(load_default=list)


class MemberSchema(AnswerSchema):
    """A user who is in a team."""

    id = fields.Integer()
    username = fields.String()
    enabled = fields.Boolean(metadata={"description": "Whether the user can sign in; nobody pages one who cannot"})


class TeamSchema(AnswerSchema):
    """People who answer for the same things."""

    id = fields.Integer()
    name = fields.String()
    description = fields.String()
    members = fields.List(fields.Nested(MemberSchema))
    created_at = Timestamp()
