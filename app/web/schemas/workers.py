"""Workers."""

from marshmallow import fields

from app.enums import TaskType, WorkerOrder
from app.web.schemas.base import AnswerSchema
from app.web.schemas.dead_letters import DeadLetterSchema
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
    is_paused = Boolean(metadata={"description": "Whether a person has paused this worker"})
    concurrency = fields.Integer(metadata={"description": "Number of slots"})
    queues = fields.List(word(TaskType), metadata={"description": "Task types that it currently takes"})
    started_at = Timestamp()
    seen_at = Timestamp(metadata={"description": "Last heartbeat"})
    tasks = fields.List(fields.Nested(RunningTaskSchema), metadata={"description": "The tasks that it is running"})


class WorkerStorySchema(WorkerSchema):
    """A live worker, the tasks that it runs, and those that failed on it last."""

    failures = fields.List(
        fields.Nested(DeadLetterSchema), metadata={"description": "The newest dead letters whose last attempt it ran"}
    )


class WorkerOrderSchema(AnswerSchema):
    """What was asked of a worker."""

    id = fields.String()
    order = word(WorkerOrder, metadata={"description": "What it does with its next heartbeat, within seconds"})
