"""Finding anything by a part of its name."""

from marshmallow import fields, validate

from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import QueryInteger, Text

KINDS = ("monitor", "host", "item", "alert", "task")
MAX_Q = 200


class SearchQuerySchema(RequestSchema):
    """What to find."""

    q = Text(min=1, max=MAX_Q, required=True, metadata={"description": "A part of a name; of a task its id"})
    limit = QueryInteger(
        validate=validate.Range(1, 50), load_default=5, metadata={"description": "Maximum number of each kind"}
    )


class HitSchema(AnswerSchema):
    """A thing that was found."""

    kind = fields.String(validate=validate.OneOf(KINDS))
    id = fields.Raw(metadata={"oneOf": [{"type": "integer"}, {"type": "string"}]})
    name = fields.String()
    beside = fields.String(
        metadata={"description": "What tells it from others: a host's address, an item's host, a task's state"}
    )
    path = fields.String(metadata={"description": "Its address under `/api/v1`, and in the dashboard"})


class HitsSchema(AnswerSchema):
    """What was found, by kind."""

    items = fields.List(fields.Nested(HitSchema))
