"""Monitors, their connection test and their synchronous pulls."""

from marshmallow import fields, validate

from app.connectors.registry import connector_types
from app.enums import MonitorStatus
from app.rules.monitor_warnings import warnings_of
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, Timestamp, word

MAX_SECRET = 4096
MAX_PEM = 256 * 1024
MAX_HEADERS = 20
A_YEAR_S = 365 * 24 * 3600
MAX_ALERTMANAGERS = 10
MAX_WATCHDOGS = 50
MAX_IGNORED_LABELS = 20
ALERTMANAGERS = "Alertmanagers of a Prometheus, asked for its silences and inhibitions; the peers of an Alertmanager"
WATCHDOGS = "Names of alerts that always fire: they do not count in the score, and their absence is an alert"
STALE = "Seconds without a report after which an open alert is stale; `null` for a time that fits the source"
RESOLVE_STALE = "Seconds after which a stale alert is resolved; `null` for the default"
CA = "Certificate authorities to trust instead of the system's, in PEM"
VERIFY = "Whether the monitor's certificate is checked; without it, anyone on the way can read the credentials"
CLIENT_CERT = "Client certificate, with the chain, in PEM"
HTTP_USER = "User of the HTTP basic authentication in front of the monitor's own sign-in"
TIMEOUT = "Seconds that one request may take; `null` for the default"
HA_GROUP = "Monitors with the same group watch the same things and share their alerts; all have the same type"
CHECK = "Whether to save only if nagare can sign in to the monitor; otherwise 422 says what is wrong"
WARNINGS = "What puts the monitor at risk for as long as it is set, each a sentence"
IGNORED_LABELS = "Labels in which the monitors of the group differ, such as `prometheus_replica`"


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
    ca_pem = Text(max=MAX_PEM, allow_none=True, metadata={"description": CA})
    verify = Boolean(metadata={"description": VERIFY})
    client_cert_pem = Text(max=MAX_PEM, allow_none=True, metadata={"description": CLIENT_CERT})
    client_key_pem = Text(
        max=MAX_PEM, allow_none=True, metadata={"description": "Private key of the client certificate, in PEM"}
    )
    headers = fields.Dict(
        Text(min=1, max=100),
        Text(max=MAX_SECRET),
        allow_none=True,
        validate=validate.Length(max=MAX_HEADERS),
        metadata={"description": "Additional headers of each request, such as `X-Scope-OrgID`"},
    )
    http_username = Text(max=200, allow_none=True, metadata={"description": HTTP_USER})
    http_password = Text(max=MAX_SECRET, allow_none=True)
    proxy_url = Text(
        max=2048,
        allow_none=True,
        metadata={"description": "HTTP proxy between nagare and the monitor, such as http://user:password@proxy:3128"},
    )
    timeout_s = Integer(validate=validate.Range(1, 600), allow_none=True, metadata={"description": TIMEOUT})
    enabled = Boolean(metadata={"description": "Whether tasks can be queued for the monitor"})
    max_parallel_tasks = Integer(
        validate=validate.Range(1, 1000),
        metadata={"description": "Maximum number of this monitor's tasks that run at the same time"},
    )
    acknowledge_at_source = Boolean(
        metadata={"description": "Whether acknowledging an alert also acknowledges it at the monitor, if supported"}
    )
    alertmanager_urls = fields.List(
        Text(min=1, max=2048), validate=validate.Length(max=MAX_ALERTMANAGERS), metadata={"description": ALERTMANAGERS}
    )
    watchdogs = fields.List(
        Text(min=1, max=200), validate=validate.Length(max=MAX_WATCHDOGS), metadata={"description": WATCHDOGS}
    )
    stale_after_s = Integer(validate=validate.Range(60, A_YEAR_S), allow_none=True, metadata={"description": STALE})
    resolve_stale_after_s = Integer(
        validate=validate.Range(60, A_YEAR_S), allow_none=True, metadata={"description": RESOLVE_STALE}
    )
    ha_group = Text(min=1, max=100, allow_none=True, metadata={"description": HA_GROUP})
    ha_ignored_labels = fields.List(
        Text(min=1, max=100),
        validate=validate.Length(max=MAX_IGNORED_LABELS),
        metadata={"description": IGNORED_LABELS},
    )
    check = Boolean(metadata={"description": CHECK})


class CheckedChangesSchema(MonitorChangesSchema):
    """Changes to a monitor that are only tried."""

    mapping = fields.Dict(
        fields.String(),
        metadata={"description": "Only for the type `http_json`: how its answers are read (docs/http-json.md)"},
    )


class NewMonitorSchema(MonitorChangesSchema):
    """A new monitor."""

    name = Text(min=1, max=200, required=True)
    type = fields.String(required=True, validate=validate.OneOf(connector_types()))
    url = Text(
        min=1,
        max=2048,
        metadata={
            "description": "URL of the monitor, such as https://zabbix.example.com; only the type `webhook` needs none"
        },
    )
    mapping = fields.Dict(
        fields.String(),
        metadata={"description": "Only for the type `http_json`: how its answers are read (docs/http-json.md)"},
    )


class MonitorSchema(AnswerSchema):
    """A monitor; its password and token are never shown."""

    id = fields.Integer()
    name = fields.String()
    type = fields.String()
    url = fields.String()
    username = fields.String(allow_none=True)
    ca_pem = fields.String(allow_none=True, metadata={"description": CA})
    verify = fields.Boolean(metadata={"description": VERIFY})
    client_cert_pem = fields.String(allow_none=True, metadata={"description": CLIENT_CERT})
    http_username = fields.String(allow_none=True, metadata={"description": HTTP_USER})
    timeout_s = fields.Integer(allow_none=True, metadata={"description": TIMEOUT})
    has_headers = fields.Boolean(metadata={"description": "Whether requests have additional headers"})
    warnings = fields.Function(
        warnings_of, metadata={"type": "array", "items": {"type": "string"}, "description": WARNINGS}
    )
    has_proxy = fields.Boolean(metadata={"description": "Whether requests go through a proxy"})
    enabled = fields.Boolean()
    max_parallel_tasks = fields.Integer(
        metadata={"description": "Maximum number of this monitor's tasks that run at the same time"}
    )
    acknowledge_at_source = fields.Boolean(
        metadata={"description": "Whether acknowledging an alert also acknowledges it at the monitor, if supported"}
    )
    alertmanager_urls = fields.List(fields.String(), metadata={"description": ALERTMANAGERS})
    watchdogs = fields.List(fields.String(), metadata={"description": WATCHDOGS})
    stale_after_s = fields.Integer(allow_none=True, metadata={"description": STALE})
    resolve_stale_after_s = fields.Integer(allow_none=True, metadata={"description": RESOLVE_STALE})
    ha_group = fields.String(allow_none=True, metadata={"description": HA_GROUP})
    ha_ignored_labels = fields.List(fields.String(), metadata={"description": IGNORED_LABELS})
    has_webhook_token = fields.Boolean(metadata={"description": "Whether a webhook token exists"})
    status = word(MonitorStatus)
    last_error = fields.String(
        allow_none=True, metadata={"description": "Error of the last contact, `null` if it succeeded"}
    )
    last_pulled_at = Timestamp(allow_none=True, metadata={"description": "End of the last successful pull"})
    unreadable_hosts = fields.Integer(metadata={"description": "Hosts whose items the last pull could not read"})
    unreadable_reason = fields.String(
        allow_none=True, metadata={"description": "Why the items of the first of them could not be read"}
    )
    truncated_alerts = fields.Integer(
        metadata={"description": "Number of alerts that its sender left out of requests to the webhook"}
    )
    truncated_at = Timestamp(allow_none=True, metadata={"description": "When its sender last left alerts out"})
    refused_alerts = fields.Integer(
        metadata={"description": "Number of alerts of requests to the webhook that were refused, each alone"}
    )
    refused_at = Timestamp(allow_none=True, metadata={"description": "When an alert was last refused"})
    last_refusal = fields.String(allow_none=True, metadata={"description": "Where and why an alert was last refused"})
    host_count = fields.Integer()
    item_count = fields.Integer()
    unknown_severity_count = fields.Integer(
        metadata={"description": "Number of severities that it reported and its table does not know"}
    )
    silent_since = Timestamp(
        allow_none=True, metadata={"description": "When its scheduled pulls were found to fail or stop; `null` if not"}
    )
    created_at = Timestamp()


class CheckSchema(AnswerSchema):
    """The result of a connection test."""

    ok = fields.Boolean(metadata={"description": "Whether the connection works"})
    version = fields.String(allow_none=True, metadata={"description": "Version of the monitor"})
    latency_ms = fields.Integer(metadata={"description": "Duration of the check"})
    error = fields.String(allow_none=True, metadata={"description": "Why the connection does not work"})
    advice = fields.String(
        allow_none=True, metadata={"description": "What is wrong and what to do, if it was found out"}
    )
    url = fields.String(allow_none=True, metadata={"description": "The URL that is right, if one was found"})


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


class ItemPullCountsSchema(PullCountsSchema):
    """The counts of a pull of items."""

    unreadable = fields.Integer(
        metadata={"description": "Hosts whose items could not be read; they keep what they had"}
    )
