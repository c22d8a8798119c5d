"""The identity that the monitors of an HA group share."""

from marshmallow import fields, validate

from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, row_id
from app.web.schemas.monitors import HA_GROUP, IGNORED_LABELS, MAX_IGNORED_LABELS

MAX_MEMBERS = 20


class NewHaIdentitySchema(RequestSchema):
    """A new shared identity; it applies to all members of the group."""

    ha_group = Text(min=1, max=100, required=True, allow_none=True, metadata={"description": HA_GROUP})
    ha_ignored_labels = fields.List(
        Text(min=1, max=100),
        load_default=list,
        validate=validate.Length(max=MAX_IGNORED_LABELS),
        metadata={"description": IGNORED_LABELS},
    )
    members = fields.List(
        row_id(),
        validate=validate.Length(max=MAX_MEMBERS),
        metadata={"description": "Ids of all members; if left out, the monitor joins those of the group"},
    )


class HaMemberSchema(AnswerSchema):
    """A monitor of the group."""

    id = fields.Integer()
    name = fields.String()
    type = fields.String()


class HaIdentitySchema(AnswerSchema):
    """What the monitors of a group have in common."""

    ha_group = fields.String(allow_none=True, metadata={"description": HA_GROUP})
    ha_ignored_labels = fields.List(fields.String(), metadata={"description": IGNORED_LABELS})
    members = fields.List(
        fields.Nested(HaMemberSchema), metadata={"description": "The first one owns the alerts of all"}
    )
