"""Saved views."""

from marshmallow import fields, validate

from app.web.lists import VIEWED
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, Timestamp

MAX_QUERY = 4000
MAX_POSITION = 1000


class ViewChangesSchema(RequestSchema):
    """Changes to a view."""

    name = Text(min=1, max=100)
    query = Text(
        max=MAX_QUERY,
        metadata={
            "description": "The filters and the order as the list takes them, like `severity=critical&status=active`;"
            " blank ones and the cursor are left out"
        },
    )
    is_shared = Boolean(metadata={"description": "Whether all users see it; operators and admins can share"})
    position = Integer(
        validate=validate.Range(0, MAX_POSITION), metadata={"description": "Lower ones come first, then older ones"}
    )


class NewViewSchema(ViewChangesSchema):
    """A new view."""

    name = Text(min=1, max=100, required=True)
    page = fields.String(
        required=True, validate=validate.OneOf(VIEWED), metadata={"description": "The list that it shows"}
    )
    query = Text(max=MAX_QUERY, load_default="")
    is_shared = Boolean(load_default=False)
    position = Integer(validate=validate.Range(0, MAX_POSITION), load_default=0)


class ViewSchema(AnswerSchema):
    """A list's filter under a name."""

    id = fields.Integer()
    name = fields.String()
    page = fields.String(metadata={"enum": [*VIEWED], "description": "The list that it shows"})
    query = fields.String()
    address = fields.String(metadata={"description": "The page of the dashboard that shows it"})
    is_shared = fields.Boolean()
    position = fields.Integer()
    user_id = fields.Integer(metadata={"description": "Its owner"})
    username = fields.String()
    created_at = Timestamp()


class ViewsSchema(AnswerSchema):
    """Your views and the shared ones, in order."""

    items = fields.List(fields.Nested(ViewSchema))


class ViewCountSchema(AnswerSchema):
    """How many rows a view finds."""

    count = fields.Integer(
        allow_none=True, metadata={"description": "`null` if this release no longer knows one of its filters"}
    )
    is_exact = fields.Boolean(metadata={"description": "`false` if there may be more: only so many are counted"})
