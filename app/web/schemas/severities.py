"""The severity table of a monitor."""

from typing import Any

from marshmallow import fields, validate

from app.enums import Severity
from app.rules.alerts.alert_bounds import MAX_SEVERITY
from app.rules.alerts.severities import Numbers
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Integer, Text, Timestamp, code, word

MAX_WORDS = 200
WORDS = "The monitor's own entries, by the word of its source; they replace the defaults"
UNKNOWN = "Severity of alerts whose word nobody knows"
MISSING = "Severity of alerts whose source names none"
NUMBERS = (
    "Meaning of a number in place of a word. downward: 1 is the worst, as in P1. upward: 5 is the worst, as in Zabbix. "
    "nagare: 0 info, 1 warning, 2 critical"
)


def _severity(name: str, description: str, **kwargs: Any) -> Integer:
    """Return a field under its name in JSON: `unknown` is also an attribute of every schema."""
    codes = [int(severity) for severity in Severity]
    meaning = f"{description}: 0 info, 1 warning, 2 critical"
    return Integer(
        data_key=name, attribute=name, validate=validate.OneOf(codes), metadata={"description": meaning}, **kwargs
    )


class NewSeveritiesSchema(RequestSchema):
    """A monitor's own entries of the severity table; what is left out gets its default."""

    words = fields.Dict(
        keys=Text(min=1, max=MAX_SEVERITY),
        values=code(Severity),
        validate=validate.Length(max=MAX_WORDS),
        load_default=dict,
        metadata={"description": WORDS},
    )
    unknown_word = _severity("unknown", UNKNOWN, load_default=Severity.WARNING)
    missing_word = _severity("missing", MISSING, load_default=Severity.WARNING)
    numbers = word(Numbers, load_default=Numbers.DOWNWARD, metadata={"description": NUMBERS})


class EntrySchema(AnswerSchema):
    """A word of the table."""

    word = fields.String()
    severity = fields.Integer()
    is_default = fields.Boolean(metadata={"description": "Whether it is not the monitor's own entry"})


class ZabbixSeveritySchema(AnswerSchema):
    """One of Zabbix's six severities."""

    code = fields.Integer()
    word = fields.String(metadata={"description": "`source_severity` of its alerts"})
    severity = fields.Integer()


class UnknownWordSchema(AnswerSchema):
    """A word that the monitor reported and its table does not know."""

    word = fields.String(metadata={"description": "… counts all further words after the first 100"})
    count = fields.Integer(metadata={"description": "Number of reports with this word"})
    first_seen_at = Timestamp()
    last_seen_at = Timestamp()


class SeveritiesSchema(AnswerSchema):
    """How a monitor's words for severities are translated."""

    words = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": WORDS})
    unknown_word = _severity("unknown", UNKNOWN)
    missing_word = _severity("missing", MISSING)
    numbers = word(Numbers, metadata={"description": NUMBERS})
    effective = fields.List(
        fields.Nested(EntrySchema), metadata={"description": "All words: the own ones, and the remaining defaults"}
    )
    zabbix = fields.List(
        fields.Nested(ZabbixSeveritySchema),
        allow_none=True,
        metadata={"description": "Zabbix's six severities; `null` for a monitor of another type"},
    )
    unknown_words = fields.List(
        fields.Nested(UnknownWordSchema), metadata={"description": "The most frequent ones first"}
    )


class ChangedSeveritiesSchema(SeveritiesSchema):
    """The new table."""

    changed_alerts = fields.Integer(metadata={"description": "Number of open alerts whose severity changed"})
