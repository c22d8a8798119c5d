"""Health."""

from marshmallow import fields, validate

from app.services.operation.health import PARTS
from app.web.schemas.base import AnswerSchema, RequestSchema


class ReadinessQuerySchema(RequestSchema):
    """The part that the caller needs."""

    needs = fields.String(
        validate=validate.OneOf(PARTS),
        metadata={"description": "Check only this part: `database` is enough for requests to be accepted with 202"},
    )


class HealthSchema(AnswerSchema):
    """Everything that was checked is available."""

    status = fields.String()
