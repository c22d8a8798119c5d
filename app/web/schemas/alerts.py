"""Alerts and the health score."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate, validates_schema

from app.enums import AlertStatus, Severity
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import QueryInteger, Text, Timestamp, code, query_code, query_id, row_id
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.submission import SubmissionQuerySchema

MAX_GENERATED = 10_000
MAX_COMMENT = 4096
MAX_SEED = 2**53
"""Beyond that, numbers in JSON lose digits on their way through most clients."""


class AlertQuerySchema(PageQuerySchema):
    """Filters of the list of alerts."""

    q = Text(max=200, metadata={"description": "Text in the message or the comment"})
    severity = query_code(Severity)
    status = query_code(AlertStatus)
    host_id = query_id()
    monitor_id = query_id()
    source = Text(max=64)


class TestAlertsQuerySchema(SubmissionQuerySchema):
    """How many test alerts, and which."""

    count = QueryInteger(validate=validate.Range(1, MAX_GENERATED), load_default=5)
    severity = query_code(Severity)
    seed = QueryInteger(
        validate=validate.Range(0, MAX_SEED), metadata={"description": "The same seed draws the same alerts"}
    )


class AlertCommentSchema(RequestSchema):
    """Why it was done."""

    is_body_required = False

    comment = Text(max=MAX_COMMENT, allow_none=True)


class AlertFilterSchema(RequestSchema):
    """Which alerts; an empty filter means all."""

    severity = code(Severity)
    host_id = row_id()
    monitor_id = row_id()
    source = Text(max=64)


class AlertChoiceSchema(RequestSchema):
    """Alerts by their ids, or by a filter: exactly one of the two."""

    json_schema: ClassVar[Mapping[str, Any]] = {"minProperties": 1, "maxProperties": 1}

    ids = fields.List(row_id(), validate=validate.Length(min=1, max=10_000))
    filter = fields.Nested(AlertFilterSchema)

    @validates_schema
    def _is_one_of_both(self, body: dict[str, Any], **_: object) -> None:
        if len(body) != 1:
            raise ValidationError("Give either ids or filter.", field_name="ids")


class AlertSchema(AnswerSchema):
    """Something that needs, or needed, a person's eye."""

    id = fields.Integer()
    message = fields.String()
    severity = code(Severity)
    status = code(AlertStatus)
    suppressed = fields.Boolean()
    monitor_id = fields.Integer()
    host_id = fields.Integer(allow_none=True)
    item_id = fields.Integer(allow_none=True)
    comment = fields.String()
    source = fields.String()
    external_id = fields.String()
    count = fields.Integer()
    first_seen_at = Timestamp()
    last_seen_at = Timestamp()
    resolved_at = Timestamp(allow_none=True)


class ResolvedSchema(AnswerSchema):
    """How many alerts were resolved."""

    resolved = fields.Integer()


class AlertCountsSchema(AnswerSchema):
    """How many alerts of one severity weigh on the score."""

    active = fields.Integer()
    acknowledged = fields.Integer()
    resolved = fields.Integer()


class AlertsBySeveritySchema(AnswerSchema):
    """The alerts that weigh on the score."""

    info = fields.Nested(AlertCountsSchema)
    warning = fields.Nested(AlertCountsSchema)
    critical = fields.Nested(AlertCountsSchema)


class ScoreSchema(AnswerSchema):
    """The health score, and what it comes from."""

    score = fields.Integer(metadata={"description": "0 to 100"})
    load_ = fields.Float(data_key="load", attribute="load", metadata={"description": "Weight of the alerts per host"})
    hosts = fields.Integer()
    window_h = fields.Float(metadata={"description": "Hours for which a resolved alert still weighs"})
    alerts = fields.Nested(AlertsBySeveritySchema)
