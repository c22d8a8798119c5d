"""Health."""

from marshmallow import fields, validate

from app.services.operation.health import PARTS
from app.web.schemas.base import AnswerSchema, RequestSchema


class ReadinessQuerySchema(RequestSchema):
    """What the caller cannot do without."""

    needs = fields.String(
        validate=validate.OneOf(PARTS),
        metadata={
            "description": "The only part to look at: `database` tells a load balancer whether a 202 is possible"
        },
    )


class HealthSchema(AnswerSchema):
    """All is well."""

    status = fields.String()
