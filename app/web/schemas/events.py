"""Requests for event streams."""

from marshmallow import fields, validate

from app.enums import TaskType
from app.web.converters import TASK_ID_PATTERN
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, query_id, row_id, word

EVENT_ID = validate.Regexp("^[0-9]{1,15}-[0-9]{1,9}$", error="Must be an event id, such as 1700000000000-0.")
TASK_ID = validate.Regexp(f"^{TASK_ID_PATTERN}$", error="Must be a task id, such as pull_hosts:<uuid>.")


class EventsQuerySchema(RequestSchema):
    """Filters of a stream, and where it starts."""

    task_id = fields.String(validate=TASK_ID, metadata={"description": "Only events of this task"})
    type = word(TaskType, metadata={"description": "Only events of tasks of this type"})
    monitor_id = query_id(metadata={"description": "Only events of this monitor"})
    last_id = fields.String(
        validate=EVENT_ID,
        metadata={"description": "Id of the last event received: the stream starts with the events after it"},
    )
    ticket = Text(min=1, max=200, metadata={"description": "A ticket from `POST /events/ticket`, in place of a token"})


class FirstMessageSchema(RequestSchema):
    """The first message on a WebSocket that was opened without a ticket."""

    token = Text(min=1, max=4096, required=True)
    task_id = fields.String(validate=TASK_ID)
    type = word(TaskType)
    monitor_id = row_id()
    last_id = fields.String(validate=EVENT_ID)


class LastEventSchema(RequestSchema):
    """The header with which a browser resumes a stream."""

    last_id = fields.String(data_key="Last-Event-ID", validate=EVENT_ID)


class TicketSchema(AnswerSchema):
    """A single-use ticket."""

    ticket = fields.String(metadata={"description": "Pass it as `?ticket=` to `GET /events`; it works once"})
    expires_in = fields.Integer(metadata={"description": "Lifetime of the ticket in seconds"})
