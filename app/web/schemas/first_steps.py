"""The first steps with nagare."""

from marshmallow import fields

from app.web.schemas.base import AnswerSchema


class FirstStepsSchema(AnswerSchema):
    """Which of the first steps are done; the demo counts in none of them."""

    demo_monitor_id = fields.Integer(
        allow_none=True, metadata={"description": "The monitor of the demo fleet, `null` without it"}
    )
    monitor_id = fields.Integer(
        allow_none=True, metadata={"description": "The first monitor that a person added, `null` without one"}
    )
    add = fields.Boolean(metadata={"description": "Whether a monitor was added"})
    pull = fields.Boolean(metadata={"description": "Whether one was pulled, or has sent alerts"})
    see = fields.Boolean(metadata={"description": "Whether it has hosts or alerts"})
    be_told = fields.Boolean(metadata={"description": "Whether a message was sent to anybody"})
