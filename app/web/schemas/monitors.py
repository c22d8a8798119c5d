"""Monitors, their connection test and their synchronous pulls."""

from marshmallow import fields, validate

from app.connectors.registry import connector_types
from app.enums import MonitorStatus
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, Timestamp, word

MAX_SECRET = 4096


class MonitorChangesSchema(RequestSchema):
    """Changes to a monitor; `null` removes a credential."""

    name = Text(min=1, max=200)
    url = Text(min=1, max=2048, metadata={"description": "URL of the monitor, such as https://zabbix.example.com"})
    username = Text(max=200, allow_none=True)
    password = Text(max=MAX_SECRET, allow_none=True)
    api_token = Text(
        max=MAX_SECRET,
        allow_none=True,
        metadata={"description": "API token or bearer token, in place of user name and password"},
    )
    enabled = Boolean(metadata={"description": "Whether tasks can be queued for the monitor"})
    max_parallel_tasks = Integer(
        validate=validate.Range(1, 1000),
        metadata={"description": "Maximum number of this monitor's tasks that run at the same time"},
    )
    acknowledge_at_source = Boolean(
        metadata={"description": "Whether acknowledging an alert also acknowledges it at the monitor, if supported"}
    )


class NewMonitorSchema(MonitorChangesSchema):
    """A new monitor."""

    name = Text(min=1, max=200, required=True)
    type = fields.String(required=True, validate=validate.OneOf(connector_types()))
    url = Text(
        min=1,
        max=2048,
        required=True,
        metadata={"description": "URL of the monitor, such as https://zabbix.example.com"},
    )


class MonitorSchema(AnswerSchema):
    """A Zabbix, a Prometheus or a simulated monitor; its password and token are never shown."""

    id = fields.Integer()
    name = fields.String()
    type = fields.String()
    url = fields.String()
    username = fields.String(allow_none=True)
    enabled = fields.Boolean()
    max_parallel_tasks = fields.Integer(
        metadata={"description": "Maximum number of this monitor's tasks that run at the same time"}
    )
    acknowledge_at_source = fields.Boolean(
        metadata={"description": "Whether acknowledging an alert also acknowledges it at the monitor, if supported"}
    )
    has_webhook_token = fields.Boolean(metadata={"description": "Whether a webhook token exists"})
    status = word(MonitorStatus)
    last_error = fields.String(
        allow_none=True, metadata={"description": "Error of the last contact, `null` if it succeeded"}
    )
    last_pulled_at = Timestamp(allow_none=True, metadata={"description": "End of the last successful pull"})
    host_count = fields.Integer()
    item_count = fields.Integer()
    created_at = Timestamp()


class CheckSchema(AnswerSchema):
    """The result of a connection test."""

    ok = fields.Boolean(metadata={"description": "Whether the connection works"})
    version = fields.String(allow_none=True, metadata={"description": "Version of the monitor"})
    latency_ms = fields.Integer(metadata={"description": "Duration of the check"})
    error = fields.String(allow_none=True, metadata={"description": "Why the connection does not work"})


class WebhookTokenSchema(AnswerSchema):
    """A monitor's webhook token; it is shown only in this response."""

    token = fields.String(metadata={"description": "Shown only in this response"})


class PullCountsSchema(AnswerSchema):
    """The counts of a pull."""

    seen = fields.Integer(metadata={"description": "Rows read from the monitor"})
    created = fields.Integer(metadata={"description": "Rows created in the inventory"})
    updated = fields.Integer(metadata={"description": "Rows updated"})
    unchanged = fields.Integer(metadata={"description": "Rows without a change"})
    vanished = fields.Integer(metadata={"description": "Rows that no longer exist at the monitor"})
