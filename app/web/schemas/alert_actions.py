"""Requests and responses of the actions on alerts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.enums import AlertStatus, Severity
from app.rules.matchers.syntax import MAX_TEXT
from app.web.converters import MAX_ID
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import NO_NUL, Boolean, Integer, Text, Timestamp, row_id
from app.web.schemas.several import Code, MatcherText, Several, several_codes

MAX_COMMENT = 4096
ID_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
SOURCE_SCHEMA = {"type": "string", "maxLength": 64, "pattern": NO_NUL}
MATCH_SCHEMA = {"type": "string", "maxLength": MAX_TEXT, "pattern": NO_NUL}


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

    q = Text(max=200, metadata={"description": "Text in message, comment, description, host or item"})
    severity = several_codes(Severity, description="By word or number, one or several")
    min_severity = Code(Severity, metadata={"description": "Only alerts of this severity or above"})
    status = several_codes(AlertStatus, description="By word or number, one or several")
    suppressed = Boolean(metadata={"description": "Only alerts that are suppressed, or only alerts that are not"})
    stale = Boolean(metadata={"description": "Only alerts that their source no longer confirms, or only others"})
    silenced = Boolean(metadata={"description": "Only alerts that are quiet at their source, or only others"})
    machine_id = row_id(metadata={"description": "Only alerts of the hosts that are this machine"})
    host_id = Several(row_id(), ID_SCHEMA, description="Only alerts of these hosts")
    host = Text(
        min=1,
        max=500,
        metadata={"description": "Only alerts whose reported host, or whose host in the inventory, has this name"},
    )
    monitor_id = Several(row_id(), ID_SCHEMA, description="Only alerts of these monitors")
    source = Several(Text(max=64), SOURCE_SCHEMA, description="Names of the systems that reported the alerts")
    match = Several(MatcherText(), MATCH_SCHEMA, description="Only alerts that match all of these matchers")
    started_after = Timestamp(metadata={"description": "Only alerts that began at this time or later"})
    started_before = Timestamp(metadata={"description": "Only alerts that began before this time"})
    last_seen_after = Timestamp(metadata={"description": "Only alerts last reported at this time or later"})
    last_seen_before = Timestamp(metadata={"description": "Only alerts last reported before this time"})
    resolved_after = Timestamp(metadata={"description": "Only alerts resolved at this time or later"})
    resolved_before = Timestamp(metadata={"description": "Only alerts resolved before this time"})


class AlertChoiceSchema(RequestSchema):
    """Alerts selected by id or by filter, exactly one of the two, with an optional comment."""

    json_schema: ClassVar[Mapping[str, Any]] = {
        "oneOf": [{"required": ["ids"]}, {"required": ["filter"]}],
        "dependentRequired": {"expected_total": ["filter"]},
    }

    ids = fields.List(
        row_id(), validate=validate.Length(min=1, max=10_000), metadata={"description": "Ids of the alerts"}
    )
    filter = fields.Nested(AlertFilterSchema, metadata={"description": "An empty filter matches all alerts"})
    expected_total = Integer(
        validate=validate.Range(0, MAX_ID),
        metadata={
            "description": "With `filter`: how many alerts it is expected to match; if it matches more, none is changed"
        },
    )
    comment = Text(
        max=MAX_COMMENT,
        allow_none=True,
        metadata={"description": "Reason for the action; added to each alert's comment"},
    )
    is_undoable = Boolean(
        data_key="undoable",
        load_default=False,
        metadata={
            "description": "Whether the answer has an `undo` for `POST /alerts/undo`. The monitors of the alerts are"
            " then told 20 s later"
        },
    )

    @validates_schema
    def _is_one_of_both(self, body: dict[str, Any], **_: object) -> None:
        if ("ids" in body) == ("filter" in body):
            raise ValidationError("Give either `ids` or `filter`.", field_name="ids")
        if "expected_total" in body and "filter" not in body:
            raise ValidationError("Give it with a `filter` only.", field_name="expected_total")

    @post_load
    def _flatten(self, body: dict[str, Any], **_: object) -> dict[str, Any]:
        chosen: dict[str, Any] = body.pop("filter", {})
        return body | chosen


class SnoozeChoiceSchema(AlertChoiceSchema):
    """Alerts to snooze until a time; `null` ends their snooze."""

    until = Timestamp(required=True, allow_none=True, metadata={"description": "End of the snooze; `null` ends it now"})


class UndoSchema(RequestSchema):
    """An action to undo."""

    undo = Text(required=True, min=1, max=100, metadata={"description": "The `undo` of the action's answer"})


class UndoneSchema(AnswerSchema):
    """Number of alerts for which an action was undone."""

    undone = fields.Integer(
        metadata={
            "description": "Number of alerts that are again what they were; those changed since are not among them"
        }
    )


class UndoableSchema(AnswerSchema):
    """What undoes an action."""

    undo = fields.String(
        metadata={
            "description": "For `POST /alerts/undo` within 10 s, if `undoable` was given; not there if nothing was"
            " changed, or more than can be undone"
        }
    )

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Document what undoes the action as present only if it was asked for."""
        super().on_bind_field(field_name, field_obj)
        field_obj.required = field_name != "undo"


class AcknowledgedSchema(UndoableSchema):
    """Number of alerts acknowledged."""

    acknowledged = fields.Integer(metadata={"description": "Number of alerts acknowledged"})


class ResolvedSchema(UndoableSchema):
    """Number of alerts resolved."""

    resolved = fields.Integer(metadata={"description": "Number of alerts resolved"})


class ReopenedSchema(UndoableSchema):
    """Number of alerts reopened."""

    reopened = fields.Integer(metadata={"description": "Number of alerts reopened"})


class SnoozedSchema(UndoableSchema):
    """Number of alerts snoozed, or whose snooze ended."""

    snoozed = fields.Integer(metadata={"description": "Number of alerts snoozed, or whose snooze ended"})
