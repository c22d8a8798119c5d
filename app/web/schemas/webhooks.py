"""The body of a webhook request."""

from collections.abc import Mapping
from typing import Any, ClassVar

from app.rules.webhooks.parse import parse
from app.web.schemas.base import RequestSchema


class WebhookSchema(RequestSchema):
    """The payload of Alertmanager, Grafana or nagare's Zabbix media type, or one or more plain alerts."""

    json_schema: ClassVar[Mapping[str, Any]] = {
        "type": ["object", "array"],
        "anyOf": [
            {"required": ["version", "alerts"], "description": "Alertmanager, version 4"},
            {"required": ["orgId", "alerts"], "description": "Grafana"},
            {"required": ["event_id", "event_value", "event_nseverity"], "description": "Zabbix"},
            {"required": ["message"], "description": "A plain alert: message, severity, host, item, status, id, …"},
            {"type": "array", "maxItems": 10_000, "description": "A list of plain alerts"},
        ],
        "additionalProperties": True,
    }

    def load(self, data: Any, **_: Any) -> Any:
        """Return the alert reports in the body. Raises Invalid."""
        return parse(data)
