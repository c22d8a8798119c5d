"""Schedules."""

from marshmallow import fields, validate

from app.enums import Severity, TaskType
from app.rules.alerts.generated_alerts import MAX_GENERATED
from app.services.ledger.schedules import SCHEDULED_TYPES
from app.web.schemas.alerts import MAX_SEED
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, QueryInteger, Text, Timestamp, code, row_id, word

MAX_RUNS = 100


class ScheduleParamsSchema(RequestSchema):
    """The task's parameters, the same as in the request that queues it."""

    monitor_id = row_id()
    host_id = row_id()
    count = Integer(validate=validate.Range(1, MAX_GENERATED))
    severity = code(Severity, allow_none=True)
    seed = Integer(validate=validate.Range(0, MAX_SEED), allow_none=True)


class ScheduleChangesSchema(RequestSchema):
    """Changes to a schedule; its type is fixed, and the parameters must fit the type."""

    name = Text(min=1, max=200)
    cron = Text(min=1, max=200, metadata={"description": "Five fields: minute, hour, day of month, month, day of week"})
    timezone = Text(min=1, max=64, metadata={"description": "An IANA time zone, such as Asia/Shanghai"})
    params = fields.Nested(
        ScheduleParamsSchema, metadata={"description": "Parameters of the task, as in the request that queues it"}
    )
    enabled = Boolean(metadata={"description": "Whether the schedule runs"})


class ScheduleTimesSchema(RequestSchema):
    """When a schedule runs."""

    cron = Text(
        min=1,
        max=200,
        required=True,
        metadata={"description": "Five fields: minute, hour, day of month, month, day of week"},
    )
    timezone = Text(
        min=1, max=64, load_default="UTC", metadata={"description": "An IANA time zone, such as Asia/Shanghai"}
    )


class NewScheduleSchema(ScheduleTimesSchema, ScheduleChangesSchema):
    """A new schedule."""

    name = Text(min=1, max=200, required=True)
    task_type = fields.String(required=True, validate=validate.OneOf([str(type_) for type_ in SCHEDULED_TYPES]))
    params = fields.Nested(
        ScheduleParamsSchema,
        required=True,
        metadata={"description": "Parameters of the task, as in the request that queues it"},
    )
    enabled = Boolean(load_default=True, metadata={"description": "Whether the schedule runs"})


class ScheduleSchema(AnswerSchema):
    """A task that is queued on a cron schedule."""

    id = fields.Integer()
    name = fields.String()
    cron = fields.String()
    timezone = fields.String()
    task_type = word(TaskType)
    params = fields.Dict(keys=fields.String())
    enabled = fields.Boolean(metadata={"description": "Whether the schedule runs"})
    next_run_at = Timestamp(allow_none=True)
    last_run_at = Timestamp(allow_none=True)
    last_task_id = fields.String(allow_none=True, metadata={"description": "The task that the last run queued"})
    last_error = fields.String(allow_none=True, metadata={"description": "Why the last run did not queue a task"})
    created_at = Timestamp()


class RunsQuerySchema(RequestSchema):
    """How many times to return."""

    limit = QueryInteger(load_default=5, validate=validate.Range(1, MAX_RUNS))


class RunSchema(AnswerSchema):
    """A time at which a schedule runs."""

    at = Timestamp()


class RunsSchema(AnswerSchema):
    """The next times of a schedule."""

    items = fields.List(fields.Nested(RunSchema()))
