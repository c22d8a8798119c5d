"""Escalations: who is paged, one step after the other."""

from marshmallow import fields, validate

from app.enums import PageTarget
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Integer, Text, Timestamp, row_id, word

MAX_STEPS = 20
MAX_TARGETS = 20
MAX_REPEATS = 9
DAY_S = 86_400
MIN_ACKNOWLEDGEMENT_S = 60
REPEATS = {"description": "How often the steps are repeated while nobody acknowledges; `null` for up to a day"}
ACKNOWLEDGEMENT = {"description": "Seconds for which an acknowledgement holds; `null` for ever"}
FALLBACK = {"description": "Who is paged when the steps and repeats are over, or reached nobody"}
AFTER = {"description": "Seconds after the step before, or after the alert for the first step"}


class NewTargetSchema(RequestSchema):
    """Whom a step pages: a user, whoever is on call in a rota, the members of a team, or a shared channel."""

    type = word(PageTarget, required=True)
    id = row_id(required=True)


class NewStepSchema(RequestSchema):
    """A step of an escalation."""

    after_s = Integer(validate=validate.Range(0, DAY_S), load_default=0, metadata=AFTER)
    targets = fields.List(fields.Nested(NewTargetSchema), required=True, validate=validate.Length(1, MAX_TARGETS))


class EscalationChangesSchema(RequestSchema):
    """Changes to an escalation."""

    name = Text(min=1, max=200)
    team_id = row_id(allow_none=True)
    steps = fields.List(fields.Nested(NewStepSchema), validate=validate.Length(1, MAX_STEPS))
    repeats = Integer(validate=validate.Range(0, MAX_REPEATS), allow_none=True, metadata=REPEATS)
    acknowledgement_s = Integer(
        validate=validate.Range(MIN_ACKNOWLEDGEMENT_S, DAY_S), allow_none=True, metadata=ACKNOWLEDGEMENT
    )
    fallback = fields.Nested(NewTargetSchema, allow_none=True, metadata=FALLBACK)


class NewEscalationSchema(EscalationChangesSchema):
    """A new escalation."""

    name = Text(min=1, max=200, required=True)
    team_id = row_id(allow_none=True, load_default=None)
    steps = fields.List(fields.Nested(NewStepSchema), required=True, validate=validate.Length(1, MAX_STEPS))
    repeats = Integer(validate=validate.Range(0, MAX_REPEATS), allow_none=True, load_default=0, metadata=REPEATS)
    acknowledgement_s = Integer(
        validate=validate.Range(MIN_ACKNOWLEDGEMENT_S, DAY_S),
        allow_none=True,
        load_default=None,
        metadata=ACKNOWLEDGEMENT,
    )
    fallback = fields.Nested(NewTargetSchema, allow_none=True, load_default=None, metadata=FALLBACK)


class TargetSchema(AnswerSchema):
    """Whom a step pages."""

    type = word(PageTarget)
    id = fields.Integer()
    name = fields.String(allow_none=True, metadata={"description": "`null` if it does not exist any more"})


class StepSchema(AnswerSchema):
    """A step of an escalation."""

    after_s = fields.Integer(metadata=AFTER)
    targets = fields.List(fields.Nested(TargetSchema))


class EscalationSchema(AnswerSchema):
    """An escalation."""

    id = fields.Integer()
    name = fields.String()
    team_id = fields.Integer(allow_none=True)
    steps = fields.List(fields.Nested(StepSchema))
    repeats = fields.Integer(allow_none=True, metadata=REPEATS)
    acknowledgement_s = fields.Integer(allow_none=True, metadata=ACKNOWLEDGEMENT)
    fallback = fields.Nested(TargetSchema, allow_none=True, metadata=FALLBACK)
    created_at = Timestamp()
