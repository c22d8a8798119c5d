"""Counts, groups and the timeline of alerts, and the words that matchers are completed with."""

from typing import Any

from marshmallow import fields, validate

from app.enums import Severity
from app.services.triage.alert_facets import GROUPINGS
from app.web.schemas.alerts import AlertFilterQuerySchema, AlertQuerySchema
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, Timestamp
from app.web.schemas.several import SEVERAL, QueryValues

MAX_NAME = 500
EXACT = "`false` if there are more alerts: all figures are then of the newest `total`"


class AlertFacetQuerySchema(AlertFilterQuerySchema):
    """Filters of the counted alerts."""

    labels = QueryValues(
        Text(min=1, max=MAX_NAME),
        data_key="label",
        metadata={"description": f"Names of labels to count; by default those that tell most apart; {SEVERAL}"},
    )


class AlertGroupQuerySchema(AlertFilterQuerySchema):
    """Filters of the grouped alerts, and what they are grouped by."""

    by = fields.String(
        required=True,
        validate=validate.OneOf(GROUPINGS),
        metadata={"description": "`group` is the group of the host", "enum": list(GROUPINGS)},
    )
    label = Text(min=1, max=MAX_NAME, metadata={"description": "With `by=label`: the label's name"})


class AlertListQuerySchema(AlertQuerySchema):
    """The list of alerts as a page shows it: the alerts, or groups of them."""

    by = fields.String(validate=validate.OneOf(GROUPINGS))
    label = Text(min=1, max=MAX_NAME)


class LabelNameQuerySchema(RequestSchema):
    """The beginning of a name."""

    q = Text(max=MAX_NAME, load_default="", metadata={"description": "The beginning of the name"})


class LabelValueQuerySchema(RequestSchema):
    """A label or a field, and the beginning of its value."""

    name = Text(required=True, min=1, max=MAX_NAME, metadata={"description": "A label, or a field like `alert.host`"})
    q = Text(max=MAX_NAME, load_default="", metadata={"description": "The beginning of the value"})


class WordsSchema(AnswerSchema):
    """Names or values, at most 30."""

    items = fields.List(fields.String())


class FacetValueSchema(AnswerSchema):
    """A value and its number of alerts."""

    value = fields.Raw(metadata={"description": "Text, or a number for codes and ids"})
    count = fields.Integer()


class FacetSchema(AnswerSchema):
    """The most frequent values of a field or a label."""

    name = fields.String(
        metadata={"description": "The parameter that filters by it; `label` for a label, `group` for the host's groups"}
    )
    label = fields.String(allow_none=True, metadata={"description": "The label's name"})
    values = fields.List(fields.Nested(FacetValueSchema))


class BucketSchema(AnswerSchema):
    """A span of time, and how many alerts began in it."""

    starts_at = Timestamp()
    ends_at = Timestamp()
    critical = fields.Integer()
    warning = fields.Integer()
    info = fields.Integer()


class AlertFacetsSchema(AnswerSchema):
    """Counts of the alerts of a filter."""

    total = fields.Integer()
    total_is_exact = fields.Boolean(metadata={"description": EXACT})
    facets = fields.List(fields.Nested(FacetSchema))
    timeline = fields.List(fields.Nested(BucketSchema), metadata={"description": "From the first start until now"})


class AlertGroupSchema(AnswerSchema):
    """Alerts that have something in common."""

    value = fields.Raw(metadata={"description": "What they have in common; empty for alerts without it"})
    count = fields.Integer()
    critical = fields.Integer()
    warning = fields.Integer()
    info = fields.Integer()
    acknowledged = fields.Integer()
    last_started_at = Timestamp()
    filter = fields.Dict(
        fields.String(),
        fields.Raw(),
        metadata={"description": "What a filter needs instead or besides, to want only these alerts"},
    )


class AlertGroupsSchema(AnswerSchema):
    """Groups of the alerts of a filter, those with the most severe alerts first; at most 200."""

    total = fields.Integer(metadata={"description": "Number of alerts in all groups"})
    total_is_exact = fields.Boolean(metadata={"description": EXACT})
    items = fields.List(fields.Nested(AlertGroupSchema))


def by_severity(counts: Any) -> dict[str, int]:
    """Return the numbers of alerts by the word of their severity."""
    return {severity.name.lower(): counts[int(severity)] for severity in Severity}
