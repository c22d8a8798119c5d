"""Health."""

from marshmallow import fields

from app.web.schemas.base import AnswerSchema


class HealthSchema(AnswerSchema):
    """All is well."""

    status = fields.String()
