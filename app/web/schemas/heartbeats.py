"""Heartbeats and their pings."""

from marshmallow import fields, validate

from app.enums import HeartbeatReason, HeartbeatStatus, PingKind, Severity
from app.rules.alerts.alert_bounds import MAX_LABEL_NAME, MAX_LABEL_VALUE
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, Timestamp, code, row_id, word
from app.web.schemas.pages import PageQuerySchema

SHORTEST_S = 10
LONGEST_S = 366 * 86_400
MAX_LABELS = 32
SECONDS = validate.Range(SHORTEST_S, LONGEST_S)
INTERVAL = {"description": "Longest time between two successes, in seconds; in place of `cron`"}
CRON = {"description": "Five fields: minute, hour, day of month, month, day of week; in place of `interval_s`"}
GRACE = {"description": "How late a ping may be, and how long a run may take after its start, in seconds"}
LABELS = {"description": "Labels of its alerts; `host` names the host. The label `heartbeat` is its name"}


class HeartbeatsQuerySchema(PageQuerySchema):
    """Filters of the list of heartbeats."""

    status = word(HeartbeatStatus)
    q = Text(min=1, max=200, metadata={"description": "Text in the name"})


class HeartbeatChangesSchema(RequestSchema):
    """Changes to a heartbeat."""

    name = Text(min=1, max=200)
    monitor_id = row_id(metadata={"description": "The monitor of its alerts"})
    interval_s = Integer(validate=SECONDS, allow_none=True, metadata=INTERVAL)
    cron = Text(min=1, max=200, allow_none=True, metadata=CRON)
    timezone = Text(min=1, max=64, metadata={"description": "An IANA time zone, such as Asia/Shanghai"})
    grace_s = Integer(validate=SECONDS, metadata=GRACE)
    severity = code(Severity)
    labels = fields.Dict(
        keys=Text(min=1, max=MAX_LABEL_NAME),
        values=Text(min=1, max=MAX_LABEL_VALUE),
        validate=validate.Length(max=MAX_LABELS),
        metadata=LABELS,
    )
    enabled = Boolean(metadata={"description": "Whether it is watched; `false` pauses it"})


class NewHeartbeatSchema(HeartbeatChangesSchema):
    """A new heartbeat: with either an interval or a cron expression."""

    name = Text(min=1, max=200, required=True)
    timezone = Text(
        min=1, max=64, load_default="UTC", metadata={"description": "An IANA time zone, such as Asia/Shanghai"}
    )
    grace_s = Integer(validate=SECONDS, load_default=300, metadata=GRACE)
    severity = code(Severity, load_default=int(Severity.CRITICAL))
    labels = fields.Dict(
        keys=Text(min=1, max=MAX_LABEL_NAME),
        values=Text(min=1, max=MAX_LABEL_VALUE),
        validate=validate.Length(max=MAX_LABELS),
        load_default=dict,
        metadata=LABELS,
    )
    enabled = Boolean(load_default=True, metadata={"description": "Whether it is watched; `false` pauses it"})


class HeartbeatTimesSchema(RequestSchema):
    """When a heartbeat must ping: with either an interval or a cron expression."""

    interval_s = Integer(validate=SECONDS, allow_none=True, metadata=INTERVAL)
    cron = Text(min=1, max=200, allow_none=True, metadata=CRON)
    timezone = Text(min=1, max=64, load_default="UTC")
    grace_s = Integer(validate=SECONDS, load_default=300, metadata=GRACE)


class ExpectedPingSchema(AnswerSchema):
    """A ping that would be expected."""

    expected_at = Timestamp()
    late_at = Timestamp(metadata={"description": "When there is an alert unless it has come"})


class ExpectedPingsSchema(AnswerSchema):
    """The next pings that would be expected if one came now."""

    items = fields.List(fields.Nested(ExpectedPingSchema()))


class HeartbeatSchema(AnswerSchema):
    """A job that must ping regularly; its token is never shown."""

    id = fields.Integer()
    name = fields.String()
    monitor_id = fields.Integer(
        allow_none=True,
        metadata={"description": "The monitor of its alerts; `null` after that was deleted, until the next alert"},
    )
    interval_s = fields.Integer(allow_none=True, metadata=INTERVAL)
    cron = fields.String(allow_none=True, metadata=CRON)
    timezone = fields.String()
    grace_s = fields.Integer(metadata=GRACE)
    severity = code(Severity)
    labels = fields.Dict(keys=fields.String(), values=fields.String())
    enabled = fields.Boolean(metadata={"description": "Whether it is watched"})
    status = word(HeartbeatStatus)
    reason = word(HeartbeatReason, allow_none=True, metadata={"description": "Why it is down; `null` unless it is"})
    last_ping_at = Timestamp(allow_none=True, metadata={"description": "Its last success or failure"})
    last_start_at = Timestamp(allow_none=True)
    running_since = Timestamp(
        allow_none=True, metadata={"description": "The first start that neither a success nor a failure followed"}
    )
    last_duration_ms = fields.Integer(
        allow_none=True, metadata={"description": "From the last start to the ping after it; `null` without a start"}
    )
    due_at = Timestamp(
        allow_none=True, metadata={"description": "When its status changes unless a ping comes; `null` if it does not"}
    )
    created_at = Timestamp()


class HeartbeatTokenSchema(AnswerSchema):
    """A heartbeat's token and the address to ping; both are shown only in this response."""

    token = fields.String(metadata={"description": "Shown only in this response"})
    url = fields.String(metadata={"description": "The address to ping"})


class MadeHeartbeatSchema(HeartbeatSchema):
    """A heartbeat that was just created."""

    token = fields.String(metadata={"description": "Shown only in this response"})
    url = fields.String(metadata={"description": "The address to ping"})


class PingSchema(AnswerSchema):
    """A ping of a heartbeat."""

    id = fields.Integer()
    kind = word(PingKind)
    at = Timestamp()
    exit_code = fields.Integer(allow_none=True)
    duration_ms = fields.Integer(
        allow_none=True, metadata={"description": "How long the run took; `null` without a start"}
    )
    body = fields.String(metadata={"description": "The end of what was sent with the ping"})


class PingReceivedSchema(AnswerSchema):
    """The ping is recorded."""

    message = fields.String()
    status = word(HeartbeatStatus)
