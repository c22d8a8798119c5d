"""Alerts."""

from marshmallow import fields, validate

from app.enums import AlertEventKind, AlertStatus, Severity
from app.rules.generated_alerts import GENERATED, MAX_GENERATED
from app.web.schemas.base import AnswerSchema
from app.web.schemas.fields import QueryBoolean, QueryInteger, Text, Timestamp, code, query_code, query_id, word
from app.web.schemas.pages import SHORT_PAGES, PageQuerySchema
from app.web.schemas.submission import SubmissionQuerySchema

MAX_SEED = 2**53
"""Larger numbers lose precision in most JSON clients."""


class AlertQuerySchema(PageQuerySchema):
    """Filters of the list of alerts."""

    q = Text(max=200, metadata={"description": f"Text in the message or comment. {SHORT_PAGES}"})
    severity = query_code(Severity)
    status = query_code(AlertStatus)
    host_id = query_id(metadata={"description": "Only alerts of this host"})
    monitor_id = query_id(metadata={"description": "Only alerts of this monitor"})
    source = Text(
        max=64, metadata={"description": "Name of the system that reported the alert, such as zabbix or alertmanager"}
    )
    suppressed = QueryBoolean(metadata={"description": "Only alerts that are suppressed, or only alerts that are not"})


class TestAlertsQuerySchema(SubmissionQuerySchema):
    """Number, severity and seed of test alerts."""

    count = QueryInteger(
        validate=validate.Range(1, MAX_GENERATED),
        load_default=GENERATED,
        metadata={"description": "Number of test alerts"},
    )
    severity = query_code(Severity)
    seed = QueryInteger(
        validate=validate.Range(0, MAX_SEED), metadata={"description": "The same seed generates the same alerts"}
    )


class AlertSchema(AnswerSchema):
    """An alert of one monitor."""

    id = fields.Integer()
    message = fields.String(metadata={"description": "What is wrong"})
    severity = code(Severity)
    status = code(AlertStatus)
    suppressed = fields.Boolean(
        metadata={"description": "Snoozed or in a maintenance window: it is not scored and nobody is notified"}
    )
    snoozed_until = Timestamp(allow_none=True, metadata={"description": "End of the snooze"})
    flapping = fields.Boolean(metadata={"description": "It fires again and again shortly after it is resolved"})
    occurrence = fields.Integer(
        metadata={"description": "Number of the occurrence: 1 the first time that the source fires this alert"}
    )
    monitor_id = fields.Integer()
    host_id = fields.Integer(allow_none=True, metadata={"description": "The host in the inventory, if known"})
    item_id = fields.Integer(allow_none=True, metadata={"description": "The item in the inventory, if known"})
    comment = fields.String(metadata={"description": "Comments of users, and details of test alerts"})
    source = fields.String(metadata={"description": "Name of the system that reported the alert"})
    external_id = fields.String(metadata={"description": "Id of the alert at its source"})
    count = fields.Integer(metadata={"description": "Number of times that the source reported this occurrence"})
    first_seen_at = Timestamp(metadata={"description": "When nagare first saw this occurrence"})
    last_seen_at = Timestamp(metadata={"description": "When the source last reported this occurrence"})
    resolved_at = Timestamp(allow_none=True)


class AlertEventSchema(AnswerSchema):
    """One event of an alert; without a user it was caused by the source or a timer."""

    id = fields.Integer()
    at = Timestamp()
    kind = word(AlertEventKind)
    user_id = fields.Integer(
        allow_none=True, metadata={"description": "The user who acted; `null` for the source or a timer"}
    )
    username = fields.String(allow_none=True)
    comment = fields.String(metadata={"description": "Comment of the user"})
