"""The body of a webhook request, and the response to it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import g
from marshmallow import fields

from app.rules.webhooks.parse import parse
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.webhook_tokens import without_token

TEXT = {"type": "string"}
TEXTS = {"type": "object", "additionalProperties": TEXT}
MOMENT = {"type": ["string", "number"], "description": "RFC 3339, or seconds since 1970"}
PLAIN = {
    "type": "object",
    "required": ["message"],
    "description": "A plain alert; unknown fields become annotations",
    "properties": {
        "message": {"type": ["string", "integer"]},
        "severity": {"type": ["string", "number"], "description": "A word of the sender's, or nagare's 0, 1 or 2"},
        "status": {**TEXT, "description": "firing, problem, active; resolved, ok, recovered"},
        "host": {"type": ["string", "integer"]},
        "item": {"type": ["string", "integer"]},
        "id": {"type": ["string", "integer"], "description": "Default: host, item, message and labels together"},
        "description": {},
        "comment": {"type": ["string", "integer"]},
        "value": {},
        "url": TEXT,
        "labels": TEXTS,
        "annotations": {"type": "object"},
        "started_at": MOMENT,
        "ended_at": MOMENT,
    },
}
GROUPED = {
    "status": {"enum": ["firing", "resolved"]},
    "labels": TEXTS,
    "annotations": {"type": ["object", "null"]},
    "startsAt": TEXT,
    "endsAt": TEXT,
    "generatorURL": TEXT,
}


def _group(description: str, required: list[str], alert: Mapping[str, Any]) -> dict[str, Any]:
    alerts = {"type": ["array", "null"], "items": {"type": "object", "properties": alert}}
    return {
        "type": "object",
        "required": required,
        "description": description,
        "properties": {"alerts": alerts, "truncatedAlerts": {"type": "integer"}},
    }


class WebhookSchema(RequestSchema):
    """The payload of Alertmanager, Grafana or nagare's Zabbix media type, or one or more plain alerts."""

    json_schema: ClassVar[Mapping[str, Any]] = {
        "type": ["object", "array"],
        "anyOf": [
            _group("Alertmanager, version 4", ["version", "alerts"], GROUPED),
            _group("Grafana's contact point", ["orgId", "alerts"], {**GROUPED, "fingerprint": TEXT, "values": {}}),
            {"required": ["event_id", "event_value", "event_nseverity"], "description": "Zabbix"},
            PLAIN,
            {"type": "array", "maxItems": 10_000, "items": PLAIN, "description": "A list of plain alerts"},
        ],
        "additionalProperties": True,
    }

    def load(self, data: Any, **_: Any) -> Any:
        """Return what was posted, by the field mapping of the monitor that was admitted. Raises Invalid."""
        return parse(without_token(data), g.get("field_mapping"))


class RefusedAlertSchema(AnswerSchema):
    """An alert of a group that was refused; the others were accepted."""

    place = fields.String(metadata={"description": "Where in the body, like `alerts.1.labels`"})
    reason = fields.String()
    task_id = fields.String(
        allow_none=True,
        metadata={"description": "Id of the task that keeps it: it becomes a dead letter, which can be retried"},
    )


class ReceiptSchema(AnswerSchema):
    """What became of a webhook request."""

    message = fields.String()
    task_id = fields.String(
        allow_none=True,
        metadata={"description": "Id of the task that takes the alerts in; `null` for a test or if there is none"},
    )
    count = fields.Integer(metadata={"description": "Number of alerts that were accepted; a repeated one counts once"})
    refused = fields.List(
        fields.Nested(RefusedAlertSchema), metadata={"description": "Up to 100 alerts that were refused"}
    )
    refused_count = fields.Integer(metadata={"description": "Number of alerts that were refused"})
    truncated = fields.Integer(metadata={"description": "Number of alerts that the sender left out (`max_alerts`)"})
