"""Queues."""

from marshmallow import fields

from app.enums import COUNTED_TYPES, TaskType
from app.web.schemas.base import AnswerSchema
from app.web.schemas.fields import Boolean, word

QueueStatsSchema = AnswerSchema.from_dict(
    {**{str(type): fields.Integer() for type in COUNTED_TYPES}, "dead": fields.Integer()}, name="QueueStatsSchema"
)


class QueueSchema(AnswerSchema):
    """Whether a queue is paused."""

    type = word(TaskType)
    paused = Boolean(metadata={"description": "Whether the queue is paused"})


class ClearedSchema(AnswerSchema):
    """Number of waiting tasks cancelled."""

    cancelled = fields.Integer(metadata={"description": "Number of tasks cancelled"})
