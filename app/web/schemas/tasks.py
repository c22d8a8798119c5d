"""Tasks: what is accepted, what became of it."""

from marshmallow import fields, validate

from app.enums import TaskState, TaskType
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import QueryInteger, Text, Timestamp, query_id, word
from app.web.schemas.pages import PageQuerySchema


class TaskAcceptedSchema(AnswerSchema):
    """A task was recorded and will run."""

    message = fields.String()
    task_id = fields.String()


class MonitorTaskSchema(TaskAcceptedSchema):
    """A task on a monitor was recorded."""

    monitor_id = fields.Integer()


class HostTaskSchema(MonitorTaskSchema):
    """A task on a host was recorded."""

    host_id = fields.Integer()


class ItemTaskSchema(HostTaskSchema):
    """A task on an item was recorded."""

    item_id = fields.Integer()


class AlertTaskSchema(TaskAcceptedSchema):
    """A task that makes alerts was recorded."""

    count = fields.Integer()


class TaskQuerySchema(PageQuerySchema):
    """Filters of the list of tasks."""

    type = word(TaskType)
    state = word(TaskState)
    monitor_id = query_id()
    parent_id = Text(max=80)
    created_after = Timestamp()
    created_before = Timestamp()


class WaitQuerySchema(RequestSchema):
    """How long to wait for news of a task."""

    wait = QueryInteger(
        validate=validate.Range(0, 60),
        load_default=0,
        metadata={"description": "Seconds to wait for a change of state; 0 returns the current state immediately"},
    )


class ProgressSchema(AnswerSchema):
    """How far a task is."""

    done = fields.Integer()
    total = fields.Integer(allow_none=True)
    message = fields.String()


class TaskSchema(AnswerSchema):
    """One accepted task."""

    task_id = fields.String()
    type = word(TaskType)
    state = word(TaskState)
    params = fields.Dict(keys=fields.String())
    monitor_id = fields.Integer(allow_none=True)
    parent_id = fields.String(allow_none=True, metadata={"description": "The parent task"})
    attempts = fields.Integer()
    max_retries = fields.Integer()
    progress = fields.Nested(ProgressSchema)
    created_at = Timestamp()
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp(allow_none=True)
    next_run_at = Timestamp(allow_none=True)
    worker = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    error = fields.String(allow_none=True)
    result = fields.Dict(keys=fields.String(), allow_none=True)


class AttemptSchema(AnswerSchema):
    """An attempt that did not end well."""

    attempt = fields.Integer()
    worker = fields.String(allow_none=True)
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp()
    reason = fields.String()
    error = fields.String()


class ChildSchema(AnswerSchema):
    """A task that is a part of another one."""

    task_id = fields.String()
    type = word(TaskType)
    state = word(TaskState)


class TaskStorySchema(TaskSchema):
    """A task with all its attempts, and the tasks that it consists of."""

    history = fields.List(fields.Nested(AttemptSchema))
    children = fields.List(fields.Nested(ChildSchema))
