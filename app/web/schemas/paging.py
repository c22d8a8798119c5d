"""Pages of people, their messages, and why somebody was told of an alert or not."""

from marshmallow import fields

from app.enums import (
    AlertEventKind,
    AlertStatus,
    DecisionOutcome,
    DeliveryKind,
    DeliveryState,
    Language,
    PageState,
    Severity,
)
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Timestamp, code, query_id, word
from app.web.schemas.pages import PageQuerySchema

SENTENCE = {"description": "What that means, in the language of `lang` or `Accept-Language`"}
CODE = {"description": "A stable word for the reason"}


def _language() -> fields.String:
    return word(Language, metadata={"description": "Language of the sentences; by default that of `Accept-Language`"})


class PagesQuerySchema(PageQuerySchema):
    """Which pages to list."""

    state = word(PageState)
    route_id = query_id()
    user_id = query_id(metadata={"description": "Only pages of which this user was or will be told"})


class PageShownQuerySchema(RequestSchema):
    """How to show a page."""

    lang = _language()


class WhyQuerySchema(RequestSchema):
    """Which events to explain."""

    lang = _language()
    before = query_id(metadata={"description": "Only events before this one, the `next_before` of the last answer"})


class PagedSchema(AnswerSchema):
    """A page: the alerts of a route that people are paged for at once."""

    id = fields.Integer()
    title = fields.String(metadata={"description": "Its most severe alert"})
    severity = code(Severity)
    state = word(PageState)
    route_id = fields.Integer(allow_none=True)
    route_name = fields.String()
    escalation_id = fields.Integer(allow_none=True)
    alert_count = fields.Integer()
    round = fields.Integer(metadata={"description": "How often the steps were repeated"})
    step = fields.Integer(metadata={"description": "Index of the next step"})
    opened_at = Timestamp()
    acknowledged_at = Timestamp(allow_none=True)
    acknowledged_by = fields.String(allow_none=True)
    acknowledged_until = Timestamp(allow_none=True)
    ended_at = Timestamp(allow_none=True)


class DeliverySchema(AnswerSchema):
    """A message of a page to one channel."""

    id = fields.Integer()
    kind = word(DeliveryKind)
    state = word(DeliveryState)
    round = fields.Integer()
    step = fields.Integer()
    user_id = fields.Integer(allow_none=True)
    username = fields.String(allow_none=True)
    channel_id = fields.Integer(allow_none=True)
    channel_name = fields.String()
    task_id = fields.String()
    due_at = Timestamp()
    sending_at = Timestamp(allow_none=True)
    ended_at = Timestamp(allow_none=True)
    repeats = fields.Integer(metadata={"description": "How often it was sent again, marked as a possible repeat"})
    code = fields.String(allow_none=True, metadata=CODE)
    detail = fields.String(allow_none=True, metadata={"description": "What the receiver said"})
    sentence = fields.String(metadata=SENTENCE)


class HistoryEntrySchema(AnswerSchema):
    """Something that happened to a page."""

    at = Timestamp()
    code = fields.String(metadata=CODE)
    sentence = fields.String(metadata=SENTENCE)


class PagedAlertSchema(AnswerSchema):
    """An alert of a page."""

    id = fields.Integer(attribute="alert_id")
    message = fields.String()
    severity = code(Severity)
    status = code(AlertStatus)
    host = fields.String(attribute="host_name", allow_none=True)
    first_seen_at = Timestamp()


class PagedDetailsSchema(PagedSchema):
    """A page with its alerts, its messages and its history."""

    alerts = fields.List(fields.Nested(PagedAlertSchema), metadata={"description": "The most important ones"})
    deliveries = fields.List(fields.Nested(DeliverySchema))
    history = fields.List(fields.Nested(HistoryEntrySchema))


class WhyDecisionSchema(AnswerSchema):
    """What a route did with an event; without a route, that none took it."""

    route_id = fields.Integer(allow_none=True)
    outcome = word(DecisionOutcome)
    code = fields.String(metadata=CODE)
    sentence = fields.String(metadata=SENTENCE)
    at = Timestamp()
    settled_at = Timestamp(allow_none=True)
    task_id = fields.String(allow_none=True)
    page_id = fields.Integer(allow_none=True)
    deliveries = fields.List(fields.Nested(DeliverySchema), metadata={"description": "Messages of its page"})


class WhyEventSchema(AnswerSchema):
    """An event that people can be told of, and what became of it."""

    id = fields.Integer()
    at = Timestamp()
    kind = word(AlertEventKind)
    outcome = fields.String(
        allow_none=True,
        metadata={
            "description": "`null` for an event from before decisions were kept, or one that no route wants told"
        },
    )
    sentence = fields.String(metadata=SENTENCE)
    decisions = fields.List(fields.Nested(WhyDecisionSchema))


class WhySchema(AnswerSchema):
    """The events of an alert, newest first, each with what became of it."""

    items = fields.List(fields.Nested(WhyEventSchema))
    next_before = fields.Integer(allow_none=True, metadata={"description": "`before` for the next events"})
