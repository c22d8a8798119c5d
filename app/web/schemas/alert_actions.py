"""Requests and responses of the actions on alerts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.enums import AlertStatus, Severity
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Text, Timestamp, code, row_id

MAX_COMMENT = 4096


class AlertCommentSchema(RequestSchema):
    """An optional comment on the action."""

    is_body_required = False

    comment = Text(
        max=MAX_COMMENT,
        allow_none=True,
        metadata={"description": "Reason for the action; added to the alert's comment"},
    )


class AlertSnoozeSchema(AlertCommentSchema):
    """End of a snooze, with an optional comment."""

    is_body_required = True

    until = Timestamp(required=True, allow_none=True, metadata={"description": "End of the snooze; `null` ends it now"})


class AlertFilterSchema(RequestSchema):
    """Filter of alerts; an empty filter matches all."""

    q = Text(max=200, metadata={"description": "Text in the message or comment"})
    severity = code(Severity)
    status = code(AlertStatus)
    suppressed = Boolean(metadata={"description": "Only alerts that are suppressed, or only alerts that are not"})
    host_id = row_id(metadata={"description": "Only alerts of this host"})
    monitor_id = row_id(metadata={"description": "Only alerts of this monitor"})
    source = Text(max=64, metadata={"description": "Name of the system that reported the alert"})


class AlertChoiceSchema(RequestSchema):
    """Alerts selected by id or by filter, exactly one of the two, with an optional comment."""

    json_schema: ClassVar[Mapping[str, Any]] = {
        "oneOf": [{"required": ["ids"]}, {"required": ["filter"]}],
    }

    ids = fields.List(
        row_id(), validate=validate.Length(min=1, max=10_000), metadata={"description": "Ids of the alerts"}
    )
    filter = fields.Nested(AlertFilterSchema, metadata={"description": "An empty filter matches all alerts"})
    comment = Text(
        max=MAX_COMMENT,
        allow_none=True,
        metadata={"description": "Reason for the action; added to each alert's comment"},
    )

    @validates_schema
    def _is_one_of_both(self, body: dict[str, Any], **_: object) -> None:
        if ("ids" in body) == ("filter" in body):
            raise ValidationError("Give either `ids` or `filter`.", field_name="ids")

    @post_load
    def _flatten(self, body: dict[str, Any], **_: object) -> dict[str, Any]:
        chosen: dict[str, Any] = body.pop("filter", {})
        return body | chosen


class SnoozeChoiceSchema(AlertChoiceSchema):
    """Alerts to snooze until a time; `null` ends their snooze."""

    until = Timestamp(required=True, allow_none=True, metadata={"description": "End of the snooze; `null` ends it now"})


class AcknowledgedSchema(AnswerSchema):
    """Number of alerts acknowledged."""

    acknowledged = fields.Integer(metadata={"description": "Number of alerts acknowledged"})


class ResolvedSchema(AnswerSchema):
    """Number of alerts resolved."""

    resolved = fields.Integer(metadata={"description": "Number of alerts resolved"})


class ReopenedSchema(AnswerSchema):
    """Number of alerts reopened."""

    reopened = fields.Integer(metadata={"description": "Number of alerts reopened"})


class SnoozedSchema(AnswerSchema):
    """Number of alerts snoozed, or whose snooze ended."""

    snoozed = fields.Integer(metadata={"description": "Number of alerts snoozed, or whose snooze ended"})
