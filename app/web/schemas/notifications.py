"""Notifications: rules that send alert events to people."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.enums import DeliveryGuarantee, Language, NotificationKind, Severity
from app.rules.response.notification_templates import MAX_BODY_TEMPLATE, MAX_TITLE_TEMPLATE
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, MatchText, Text, Timestamp, code, row_id, word
from app.web.schemas.tasks import TaskAcceptedSchema

MAX_URL = 4096
MAX_BATCH_S = 3600
MAX_PREVIEWED = 100
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time_of_day() -> fields.String:
    pattern = validate.Regexp(TIME_OF_DAY, error="Must be a time of day like 22:00.")
    # The pattern alone would accept a trailing newline.
    return fields.String(required=True, validate=[pattern, validate.Length(equal=5)])


class _QuietHoursRules(RequestSchema):
    @validates_schema
    def _refuse_equal_times(self, hours: dict[str, str], **_: Any) -> None:
        if hours.get("from") == hours.get("until"):
            raise ValidationError("Must not be the same as `from`.", "until")


# `from` is a keyword, which a class cannot use as a field name.
QuietHoursSchema = _QuietHoursRules.from_dict(
    {"from": _time_of_day(), "until": _time_of_day()}, name="QuietHoursSchema"
)
ShownQuietHoursSchema = AnswerSchema.from_dict(
    {"from": fields.String(), "until": fields.String()}, name="ShownQuietHoursSchema"
)


def kinds_field(description: str, **kwargs: Any) -> fields.List[Any]:
    """Return a field for kinds of alert events, at least one."""
    kinds = validate.Length(1, len(NotificationKind))
    return fields.List(word(NotificationKind), validate=kinds, metadata={"description": description}, **kwargs)


def timezone_field(**kwargs: Any) -> Text:
    """Return a field for a time zone."""
    return Text(min=1, max=64, metadata={"description": "An IANA time zone, such as Asia/Shanghai"}, **kwargs)


def batch_field(description: str, **kwargs: Any) -> Integer:
    """Return a field for the seconds during which events are collected."""
    return Integer(validate=validate.Range(0, MAX_BATCH_S), metadata={"description": description}, **kwargs)


def all_kinds() -> list[str]:
    """Return the kinds of a rule that names none."""
    return [str(kind) for kind in NotificationKind]


def quiet_hours_field(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    """Return a field for quiet hours."""
    description = (
        "Times of day between which messages wait; an alert that fires and is resolved between them is not sent"
    )
    return fields.Nested(schema, allow_none=True, metadata={"description": description}, **kwargs)


def title_template_field(**kwargs: Any) -> Text:
    """Return a field for the template of a title."""
    description = "A Jinja template for the title; `null` for the built-in one"
    return Text(min=1, max=MAX_TITLE_TEMPLATE, allow_none=True, metadata={"description": description}, **kwargs)


def body_template_field(**kwargs: Any) -> Text:
    """Return a field for the template of a body."""
    description = "A Jinja template for the body; `null` for the built-in one"
    return Text(min=1, max=MAX_BODY_TEMPLATE, allow_none=True, metadata={"description": description}, **kwargs)


def _channel_id(**kwargs: Any) -> Integer:
    return row_id(metadata={"description": "A shared channel, in place of a `url` of its own"}, **kwargs)


def _delivery() -> fields.String:
    description = (
        "What happens to a message of which nobody knows whether it arrived: `at_least_once` sends it again, marked "
        "as a possible repeat; `at_most_once` makes it a dead letter. A new notification has `at_least_once`"
    )
    return word(DeliveryGuarantee, metadata={"description": description})


class _AddressRules(RequestSchema):
    @validates_schema(skip_on_field_errors=False)
    def _refuse_both(self, given: dict[str, Any], **_: Any) -> None:
        if "url" in given and "channel_id" in given:
            raise ValidationError("Use `url` or `channel_id`, not both.", "channel_id")


class NotificationChangesSchema(_AddressRules):
    """Changes to a notification; `null` removes a filter, the quiet hours or a template."""

    name = Text(min=1, max=200)
    enabled = Boolean(metadata={"description": "Whether messages are sent"})
    url = Text(
        min=1, max=MAX_URL, metadata={"description": "An Apprise URL, such as mailto:// or slack://; never shown again"}
    )
    channel_id = _channel_id()
    delivery = _delivery()
    min_severity = code(Severity)
    monitor_id = row_id(allow_none=True, metadata={"description": "Only alerts of this monitor"})
    group = Text(min=1, max=255, allow_none=True, metadata={"description": "Only alerts of hosts in this group"})
    match = MatchText(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})
    on = kinds_field("Alert events to send")
    quiet_hours = quiet_hours_field(QuietHoursSchema)
    timezone = timezone_field()
    language = word(Language)
    title_template = title_template_field()
    body_template = body_template_field()
    batch_s = batch_field("Seconds during which events are collected into one message")


class NewNotificationSchema(NotificationChangesSchema):
    """A new notification."""

    name = Text(min=1, max=200, required=True)
    enabled = Boolean(load_default=True, metadata={"description": "Whether messages are sent"})
    url = Text(
        min=1,
        max=MAX_URL,
        metadata={"description": "An Apprise URL, such as mailto://; never shown again; required without `channel_id`"},
    )
    min_severity = code(Severity, load_default=int(Severity.WARNING))
    monitor_id = row_id(allow_none=True, load_default=None, metadata={"description": "Only alerts of this monitor"})
    group = Text(
        min=1,
        max=255,
        allow_none=True,
        load_default=None,
        metadata={"description": "Only alerts of hosts in this group"},
    )
    match = MatchText(
        allow_none=True, load_default=None, metadata={"description": "Only alerts that match all of these matchers"}
    )
    on = kinds_field("Alert events to send", load_default=all_kinds)
    quiet_hours = quiet_hours_field(QuietHoursSchema, load_default=None)
    timezone = timezone_field(load_default="UTC")
    language = word(Language, load_default=str(Language.ENGLISH))
    title_template = title_template_field(load_default=None)
    body_template = body_template_field(load_default=None)
    batch_s = batch_field("Seconds during which events are collected into one message", load_default=10)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _require_an_address(self, _: dict[str, Any], original: Any, **__: Any) -> None:
        if isinstance(original, dict) and not original.keys() & {"url", "channel_id"}:
            raise ValidationError("Missing data for required field.", "url")


class NotificationSchema(AnswerSchema):
    """A rule that sends alert events; its URL is never shown."""

    id = fields.Integer()
    name = fields.String()
    enabled = fields.Boolean()
    min_severity = code(Severity)
    monitor_id = fields.Integer(allow_none=True, metadata={"description": "Only alerts of this monitor"})
    group = fields.String(allow_none=True, metadata={"description": "Only alerts of hosts in this group"})
    match = fields.String(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})
    on = fields.List(word(NotificationKind), metadata={"description": "Alert events that are sent"})
    quiet_hours = quiet_hours_field(ShownQuietHoursSchema)
    timezone = fields.String()
    language = word(Language)
    title_template = fields.String(allow_none=True, metadata={"description": "`null` for the built-in title"})
    body_template = fields.String(allow_none=True, metadata={"description": "`null` for the built-in body"})
    batch_s = fields.Integer(metadata={"description": "Seconds during which events are collected into one message"})
    channel_id = fields.Integer(
        allow_none=True,
        metadata={"description": "The channel with its address; `null` if the last release made it"},
    )
    delivery = word(DeliveryGuarantee)
    created_at = Timestamp()
    last_sent_at = Timestamp(allow_none=True)
    last_error = fields.String(
        allow_none=True, metadata={"description": "Why the last message was not sent, or not by its template"}
    )


class PreviewRequestSchema(RequestSchema):
    """What to preview: fields that are given take precedence over those of the notification."""

    is_body_required = False

    notification_id = row_id(metadata={"description": "A notification, for its templates, language and time zone"})
    title_template = title_template_field()
    body_template = body_template_field()
    language = word(Language)
    timezone = timezone_field()
    alert_id = row_id(metadata={"description": "The alert that the message is about; the newest one by default"})
    alert_ids = fields.List(
        row_id(),
        validate=validate.Length(1, MAX_PREVIEWED),
        metadata={"description": "Several alerts, for one message about all of them"},
    )

    @validates_schema
    def _refuse_both(self, given: dict[str, Any], **_: Any) -> None:
        if "alert_id" in given and "alert_ids" in given:
            raise ValidationError("Use `alert_id` or `alert_ids`, not both.", "alert_id")


class PreviewSchema(AnswerSchema):
    """A message that is not sent."""

    title = fields.String()
    body = fields.String()
    truncated = fields.Boolean(metadata={"description": "The templates wrote more than a message may have"})
    alert_ids = fields.List(
        fields.Integer(), metadata={"description": "The alerts of the message; empty for a made-up example"}
    )


class DefaultTemplatesSchema(AnswerSchema):
    """Templates that write what the built-in text says in one language."""

    language = word(Language)
    title_template = fields.String()
    body_template = fields.String()


class DefaultTemplatesListSchema(AnswerSchema):
    """The built-in texts as templates."""

    items = fields.List(fields.Nested(DefaultTemplatesSchema))


class NotificationTaskSchema(TaskAcceptedSchema):
    """A task that sends a test message."""

    notification_id = fields.Integer()
