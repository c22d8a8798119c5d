"""Workers."""

from marshmallow import fields

from app.enums import TaskType
from app.web.schemas.base import AnswerSchema
from app.web.schemas.fields import Timestamp, word


class RunningTaskSchema(AnswerSchema):
    """A task that a worker runs."""

    task_id = fields.String()
    type = word(TaskType)
    started_at = Timestamp()


class WorkerSchema(AnswerSchema):
    """A worker that is alive, and what it runs."""

    name = fields.String()
    hostname = fields.String()
    pid = fields.Integer()
    concurrency = fields.Integer()
    started_at = Timestamp()
    seen_at = Timestamp()
    tasks = fields.List(fields.Nested(RunningTaskSchema))
