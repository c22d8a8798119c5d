"""Contact rules: by which channel a person is told of what, and when."""

from marshmallow import fields, validate

from app.enums import Severity
from app.rules.contacts.contact_rules import MAX_RULES, Unusable
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Integer, Text, code, row_id, word
from app.web.schemas.notifications import QuietHoursSchema, ShownQuietHoursSchema

MAX_AFTER_S = 86_400
METHOD = {"description": "A contact method of the same person"}
POSITION = {"description": "Its place among the rules of the person, from 0"}
AFTER = {"description": "Seconds after a page came to the person; nothing is sent if it was acknowledged by then"}
QUIET = {"description": "Times of day between which it waits for the end of these hours"}
ZONE = {"description": "An IANA time zone, such as Asia/Shanghai, of the quiet hours"}


class ContactRuleChangeSchema(RequestSchema):
    """One rule."""

    channel_id = row_id(required=True, metadata=METHOD)
    after_s = Integer(validate=validate.Range(0, MAX_AFTER_S), load_default=0, metadata=AFTER)
    min_severity = code(Severity, load_default=int(Severity.INFO))
    quiet_hours = fields.Nested(QuietHoursSchema, allow_none=True, load_default=None, metadata=QUIET)
    timezone = Text(min=1, max=64, load_default="UTC", metadata=ZONE)
    wake_severity = code(Severity, allow_none=True, load_default=None)


class ContactRuleChangesSchema(RequestSchema):
    """Changes to one rule."""

    channel_id = row_id(metadata=METHOD)
    after_s = Integer(validate=validate.Range(0, MAX_AFTER_S), metadata=AFTER)
    min_severity = code(Severity)
    quiet_hours = fields.Nested(QuietHoursSchema, allow_none=True, metadata=QUIET)
    timezone = Text(min=1, max=64, metadata=ZONE)
    wake_severity = code(Severity, allow_none=True)
    position = Integer(validate=validate.Range(0, MAX_RULES), metadata=POSITION)


class ContactRulesChangeSchema(RequestSchema):
    """All rules of a person, in their order."""

    rules = fields.List(fields.Nested(ContactRuleChangeSchema), required=True, validate=validate.Length(max=MAX_RULES))


class ContactRuleSchema(AnswerSchema):
    """A rule, and whether something can be sent by it."""

    id = fields.Integer(metadata={"description": "Another one after all rules were replaced"})
    channel_id = fields.Integer()
    channel_name = fields.String()
    service = fields.String(metadata={"description": "The scheme of the channel's address"})
    after_s = fields.Integer(metadata=AFTER)
    min_severity = code(Severity)
    quiet_hours = fields.Nested(ShownQuietHoursSchema, allow_none=True, metadata=QUIET)
    timezone = fields.String(metadata=ZONE)
    wake_severity = code(Severity, allow_none=True)
    usable = fields.Boolean(metadata={"description": "Whether something can be sent by its channel"})
    unusable_reason = word(Unusable, allow_none=True, metadata={"description": "Why not; `null` if it can"})


class DefaultChannelSchema(AnswerSchema):
    """A channel that is told because there is no usable rule."""

    channel_id = fields.Integer()
    channel_name = fields.String()


class ContactRulesSchema(AnswerSchema):
    """All rules of a person, in their order. A rule about a channel is deleted with the channel."""

    rules = fields.List(fields.Nested(ContactRuleSchema))
    is_by_default = fields.Boolean(
        metadata={"description": "No rule is usable: all verified channels are told at once, whatever the severity"}
    )
    default_channels = fields.List(
        fields.Nested(DefaultChannelSchema),
        metadata={"description": "The channels that are told by default; empty if a rule is usable"},
    )
