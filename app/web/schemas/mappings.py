"""The mapping of a monitor: of the fields of posted alerts, or of the records of an `http_json` source."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from app.rules.webhooks.expressions import MAX_EXPRESSION
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, Timestamp

MAX_WORDS = 50
MAX_WORD = 100
ALERTS = "Finds the list of alerts, or the only alert, in the body; default: the body itself"
MEANINGS = {
    "message": "Finds the message of an alert",
    "id": "Finds what identifies an alert; default: host, item, message and labels together",
    "status": "Finds the word that says whether it fires or is resolved; default: every alert fires",
    "severity": "Finds the sender's word for how bad it is, which the monitor's severity table translates",
    "host": "Finds the name of the host",
    "item": "Finds the name of the item",
    "labels": 'Finds an object, or a list of pairs like `env:prod` or {"name": "env", "value": "prod"}',
    "annotations": "Finds an object or a list of pairs, like `labels`",
    "started_at": "Finds when it began: RFC 3339, or seconds or milliseconds since 1970",
    "ended_at": "Finds when it ended",
    "url": "Finds the page where the sender shows it",
    "value": "Finds what was measured",
    "description": "Finds an explanation of the message",
    "comment": "Finds a remark for the first report of an alert",
}
FIRING = "More words of `status` for an alert that fires, beside firing, problem, open, true, …"
RESOLVED = "More words of `status` for one that is over, beside resolved, ok, closed, false, …"


def _expression(description: str, **kwargs: Any) -> Text:
    return Text(min=1, max=MAX_EXPRESSION, metadata={"description": description}, **kwargs)


def _words(description: str) -> fields.List[str]:
    return fields.List(
        Text(min=1, max=MAX_WORD),
        validate=validate.Length(max=MAX_WORDS),
        allow_none=True,
        metadata={"description": description},
    )


class NewMappingSchema(RequestSchema):
    """JMESPath expressions that find the alerts of a body and the fields of each; `body()` is the whole body."""

    alerts: fields.Field[Any] = _expression(ALERTS, allow_none=True)
    message = _expression(MEANINGS["message"], required=True)
    id = _expression(MEANINGS["id"], allow_none=True)
    status = _expression(MEANINGS["status"], allow_none=True)
    firing = _words(FIRING)
    resolved = _words(RESOLVED)
    severity = _expression(MEANINGS["severity"], allow_none=True)
    host = _expression(MEANINGS["host"], allow_none=True)
    item = _expression(MEANINGS["item"], allow_none=True)
    labels = _expression(MEANINGS["labels"], allow_none=True)
    annotations = _expression(MEANINGS["annotations"], allow_none=True)
    started_at = _expression(MEANINGS["started_at"], allow_none=True)
    ended_at = _expression(MEANINGS["ended_at"], allow_none=True)
    url = _expression(MEANINGS["url"], allow_none=True)
    value = _expression(MEANINGS["value"], allow_none=True)
    description = _expression(MEANINGS["description"], allow_none=True)
    comment = _expression(MEANINGS["comment"], allow_none=True)


PART = "An object with path, list, fields and next; only for monitors of type http_json (docs/http-json.md)"


class AlertsPart(fields.Field[Any]):
    """The expression of a webhook mapping, or the part of a source mapping."""

    def __init__(self, **kwargs: Any) -> None:
        kinds = [{"type": "string", "minLength": 1, "maxLength": MAX_EXPRESSION}, {"type": "object"}]
        metadata = {"description": f"{ALERTS}. For type http_json: {PART[0].lower()}{PART[1:]}", "anyOf": kinds}
        super().__init__(allow_none=True, metadata=metadata, **kwargs)
        self._text = Text(min=1, max=MAX_EXPRESSION)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return value if isinstance(value, dict) else self._text.deserialize(value, attr, data, **kwargs)


class SourcePart(fields.Dict):
    """A part of a source mapping, whose content the service checks."""

    def get_value(self, obj: Any, attr: str, accessor: Any = None, default: Any = None) -> Any:  # noqa: ARG002
        """Return the member of a mapping; the usual way finds the method `items` of one without it."""
        return obj.get(attr)


def _part(**kwargs: Any) -> SourcePart:
    return SourcePart(keys=fields.String(), allow_none=True, metadata={"description": PART}, **kwargs)


class AnyMappingSchema(NewMappingSchema):
    """A mapping for the type of the monitor: `message` and more for webhook, hosts, items and alerts for http_json."""

    message = _expression(f"{MEANINGS['message']}; required for type webhook", allow_none=True)
    alerts = AlertsPart()
    hosts = _part()
    items = _part()


def _found(description: str) -> fields.String:
    # No load is meant: a missing expression is shown as null.
    return fields.String(allow_none=True, dump_default=None, metadata={"description": description})


class MappingSchema(AnswerSchema):
    """A monitor's mapping; a webhook's without a `message` has none, and the formats of its bodies are detected."""

    hosts = _part()
    items = _part()
    alerts = AlertsPart(dump_default=None)
    message = _found(MEANINGS["message"])
    id = _found(MEANINGS["id"])
    status = _found(MEANINGS["status"])
    firing = fields.List(fields.String(), allow_none=True, dump_default=None, metadata={"description": FIRING})
    resolved = fields.List(fields.String(), allow_none=True, dump_default=None, metadata={"description": RESOLVED})
    severity = _found(MEANINGS["severity"])
    host = _found(MEANINGS["host"])
    item = _found(MEANINGS["item"])
    labels = _found(MEANINGS["labels"])
    annotations = _found(MEANINGS["annotations"])
    started_at = _found(MEANINGS["started_at"])
    ended_at = _found(MEANINGS["ended_at"])
    url = _found(MEANINGS["url"])
    value = _found(MEANINGS["value"])
    description = _found(MEANINGS["description"])
    comment = _found(MEANINGS["comment"])


class MappingTestSchema(RequestSchema):
    """A body to try, by a mapping or by the one that the monitor has."""

    mapping = fields.Nested(NewMappingSchema, allow_none=True)
    body = fields.Raw(required=True, metadata={"description": "The JSON that the sender posts"})


class TriedReportSchema(AnswerSchema):
    """A report that the body would make."""

    id = fields.String(attribute="report.external_id")
    status = fields.Function(
        lambda tried: "firing" if tried.report.is_firing else "resolved",
        metadata={"type": "string", "enum": ["firing", "resolved"]},
    )
    severity = fields.Integer(
        metadata={"description": "By the monitor's severity table: 0 info, 1 warning, 2 critical"}
    )
    source_severity = fields.String(
        attribute="report.source_severity", allow_none=True, metadata={"description": "The sender's word"}
    )
    is_severity_known = fields.Boolean(
        attribute="is_known", metadata={"description": "Whether the severity table knows the sender's word"}
    )
    message = fields.String(attribute="report.message")
    host = fields.String(attribute="report.host_name", allow_none=True)
    item = fields.String(attribute="report.item_name", allow_none=True)
    labels = fields.Dict(attribute="report.labels", keys=fields.String(), values=fields.String())
    annotations = fields.Dict(attribute="report.annotations", keys=fields.String(), values=fields.String())
    started_at = Timestamp(attribute="report.started_at", allow_none=True)
    ended_at = Timestamp(attribute="report.ended_at", allow_none=True)
    url = fields.String(attribute="report.source_url", allow_none=True)
    value = fields.String(attribute="report.value", allow_none=True)
    description = fields.String(attribute="report.description")
    comment = fields.String(attribute="report.comment")


class TriedRefusalSchema(AnswerSchema):
    """An alert of the body that would be refused."""

    place = fields.String(metadata={"description": "Its place and field, like `alerts.1.message`"})
    reason = fields.String()


class MappingTrialSchema(AnswerSchema):
    """What the body would make of itself; nothing is kept."""

    reports = fields.List(fields.Nested(TriedReportSchema))
    refused = fields.List(fields.Nested(TriedRefusalSchema))
