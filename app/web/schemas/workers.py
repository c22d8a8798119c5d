"""Workers."""

from marshmallow import fields

from app.enums import TaskType
from app.web.schemas.base import AnswerSchema
from app.web.schemas.fields import Boolean, Timestamp, word


class RunningTaskSchema(AnswerSchema):
    """A task that a worker runs."""

    task_id = fields.String()
    type = word(TaskType)
    started_at = Timestamp()


class WorkerSchema(AnswerSchema):
    """A live worker and the tasks that it runs."""

    id = fields.String(metadata={"description": "Id of this worker process; two workers can have the same name"})
    name = fields.String()
    is_name_shared = Boolean(metadata={"description": "Whether another live worker has the same name"})
    hostname = fields.String()
    pid = fields.Integer()
    concurrency = fields.Integer(metadata={"description": "Number of slots"})
    queues = fields.List(word(TaskType), metadata={"description": "Task types that it currently takes"})
    started_at = Timestamp()
    seen_at = Timestamp(metadata={"description": "Last heartbeat"})
    tasks = fields.List(fields.Nested(RunningTaskSchema), metadata={"description": "The tasks that it is running"})
