"""Tasks: the response to an accepted request, and the state of a task."""

from typing import Any

from marshmallow import fields, post_load, validate

from app.enums import TaskState, TaskType
from app.rules.task_params.base import asked_types
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, QueryBoolean, QueryInteger, Text, Timestamp, query_id, row_id, word
from app.web.schemas.items import MAX_BACKFILL_HOURS
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.schedules import ScheduleParamsSchema

MAX_DURATION_HOURS = 24 * 31


class TaskAcceptedSchema(AnswerSchema):
    """A task that was recorded and will run."""

    message = fields.String(metadata={"description": "What was queued"})
    task_id = fields.String(metadata={"description": "Id of the task, for `GET /api/v1/tasks/{task_id}`"})


class MonitorTaskSchema(TaskAcceptedSchema):
    """A task on a monitor that was recorded."""

    monitor_id = fields.Integer()


class HostTaskSchema(MonitorTaskSchema):
    """A task on a host that was recorded."""

    host_id = fields.Integer()


class ItemTaskSchema(HostTaskSchema):
    """A task on an item that was recorded."""

    item_id = fields.Integer()


class AlertTaskSchema(TaskAcceptedSchema):
    """A task on a number of alerts that was recorded."""

    count = fields.Integer(metadata={"description": "Number of alerts"})


class TaskParamsSchema(ScheduleParamsSchema):
    """The parameters of a task of any type that can be asked for."""

    item_id = row_id()
    hours = Integer(
        validate=validate.Range(1, MAX_BACKFILL_HOURS),
        metadata={"description": "Of a backfill: of how many hours, up to its run"},
    )
    force = Boolean(metadata={"description": "Of a push: overwrite changes made at the monitor since the last pull"})
    notification_id = row_id()
    test = Boolean(metadata={"description": "Of `notify`: must be `true`, only test messages can be asked for"})


class NewTaskSchema(RequestSchema):
    """A task to queue now or at a later time."""

    type = fields.String(
        required=True,
        validate=validate.OneOf([str(type_) for type_ in asked_types()]),
        metadata={"description": "What the task does"},
    )
    params = fields.Nested(
        TaskParamsSchema,
        load_default=dict,
        metadata={"description": "Those that the type needs: such as `monitor_id`, or `notification_id` and `test`"},
    )
    run_at = Timestamp(
        load_default=None,
        allow_none=True,
        metadata={"description": "When it is to run; at once if missing or passed; at most 366 days ahead"},
    )
    unique = Boolean(
        load_default=False,
        metadata={
            "description": "If a task for the same work and time has not finished, return its id instead of a new task"
        },
    )


class RequestedTaskSchema(TaskAcceptedSchema):
    """A task that was recorded and will run at once or at the time that was asked for."""

    type = word(TaskType)
    run_at = Timestamp(allow_none=True, metadata={"description": "The time that was asked for, `null` for at once"})


class TaskQuerySchema(PageQuerySchema):
    """Filters of the list of tasks."""

    type = word(TaskType, metadata={"description": "Only tasks of this type"})
    state = word(TaskState, metadata={"description": "Only tasks in this state"})
    monitor_id = query_id(metadata={"description": "Only tasks of this monitor"})
    parent_id = Text(max=80, metadata={"description": "Only child tasks of this task"})
    is_part = QueryBoolean(
        metadata={"description": "Only parts of another task, or with `false` only tasks that are no part of one"}
    )
    q = Text(
        max=200,
        metadata={
            "description": "Text in the id or the parameters, or one of them as `host_id=7`; then a page may be short, "
            "with a `next_cursor` to continue"
        },
    )
    scheduled = QueryBoolean(
        metadata={"description": "Only queued tasks that are scheduled for later, or with `false` all others"}
    )
    created_after = Timestamp(metadata={"description": "Only tasks created after this time"})
    created_before = Timestamp(metadata={"description": "Only tasks created before this time"})


class TaskListSchema(TaskQuerySchema):
    """Filters of the page of tasks: the parts of syncs are hidden, unless one looks for them."""

    parts = fields.String(validate=validate.OneOf(["hidden", "shown", "only"]))

    @post_load
    def _choose_parts(self, query: dict[str, Any], **_: object) -> dict[str, Any]:
        shown = query.pop("parts", "shown" if {"type", "q", "parent_id", "is_part"} & query.keys() else "hidden")
        return query if shown == "shown" else {**query, "is_part": shown == "only"}


class DurationQuerySchema(RequestSchema):
    """Which tasks to measure."""

    hours = QueryInteger(
        validate=validate.Range(1, MAX_DURATION_HOURS),
        load_default=24,
        metadata={"description": "Only tasks that ended in the last hours; of those, the latest 20,000"},
    )
    type = word(TaskType, metadata={"description": "Only tasks of this type"})
    monitor_id = query_id(metadata={"description": "Only tasks of this monitor"})
    span_s = QueryInteger(
        validate=validate.Range(60, 86400),
        metadata={"description": "Seconds of a span: with it, there is a row for each span in which tasks ended"},
    )


class DurationSchema(AnswerSchema):
    """How long the tasks of one type ran and waited."""

    type = word(TaskType)
    at = fields.Integer(metadata={"description": "The beginning of the span in Unix seconds; 0 without `span_s`"})
    count = fields.Integer(metadata={"description": "Number of tasks that succeeded or died"})
    duration_50_s = fields.Float(metadata={"description": "Half of the tasks ran at most so many seconds"})
    duration_90_s = fields.Float()
    duration_99_s = fields.Float()
    wait_50_s = fields.Float(metadata={"description": "Half of the tasks waited at most so many seconds in the queue"})
    wait_90_s = fields.Float()
    wait_99_s = fields.Float()


class WaitQuerySchema(RequestSchema):
    """How long to wait for a change of a task's state."""

    wait = QueryInteger(
        validate=validate.Range(0, 60),
        load_default=0,
        metadata={"description": "Seconds to wait for a change of state; 0 returns the current state immediately"},
    )


class ProgressSchema(AnswerSchema):
    """The progress of a task."""

    done = fields.Integer(metadata={"description": "Steps done"})
    total = fields.Integer(allow_none=True, metadata={"description": "Total steps, `null` while unknown"})
    message = fields.String(metadata={"description": "Current step"})


class TaskSchema(AnswerSchema):
    """One task."""

    task_id = fields.String()
    type = word(TaskType)
    state = word(TaskState)
    params = fields.Dict(keys=fields.String(), metadata={"description": "Parameters of the task"})
    monitor_id = fields.Integer(allow_none=True, metadata={"description": "The monitor that the task is about, if any"})
    parent_id = fields.String(allow_none=True, metadata={"description": "The parent task"})
    attempts = fields.Integer(metadata={"description": "Number of attempts started"})
    max_retries = fields.Integer(metadata={"description": "Retries before the task fails for good"})
    progress = fields.Nested(ProgressSchema)
    created_at = Timestamp()
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp(allow_none=True)
    wait_s = fields.Float(
        allow_none=True, metadata={"description": "Seconds that it last waited in its queue until a worker began it"}
    )
    duration_s = fields.Float(
        allow_none=True, metadata={"description": "Seconds that the last attempt ran, or has been running"}
    )
    next_run_at = Timestamp(
        allow_none=True,
        metadata={"description": "When a task that is scheduled, or the next attempt of one that is retrying, is due"},
    )
    worker = fields.String(allow_none=True, metadata={"description": "The worker that runs or ran it"})
    reason = fields.String(allow_none=True, metadata={"description": "Error code of the last failed attempt"})
    error = fields.String(allow_none=True, metadata={"description": "Error message of the last failed attempt"})
    result = fields.Dict(
        keys=fields.String(), allow_none=True, metadata={"description": "Result of a task that succeeded"}
    )


class AttemptSchema(AnswerSchema):
    """A failed attempt."""

    attempt = fields.Integer(metadata={"description": "Number of the attempt, interrupted ones included"})
    number = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Number among the `attempts` that count; `null` before a person retried the dead task"
        },
    )
    worker = fields.String(allow_none=True, metadata={"description": "The worker that ran it"})
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp()
    reason = fields.String(metadata={"description": "Error code"})
    error = fields.String(metadata={"description": "Error message"})


class ChildSchema(AnswerSchema):
    """A child task."""

    task_id = fields.String()
    type = word(TaskType)
    state = word(TaskState)


class TaskStorySchema(TaskSchema):
    """A task with its failed attempts and child tasks."""

    history = fields.List(fields.Nested(AttemptSchema), metadata={"description": "The failed attempts"})
    children = fields.List(fields.Nested(ChildSchema), metadata={"description": "The child tasks"})
