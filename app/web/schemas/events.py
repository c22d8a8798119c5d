"""Events: who watches what, and what comes."""

from marshmallow import fields, validate

from app.enums import TaskType
from app.web.converters import TASK_ID_PATTERN
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, query_id, row_id, word

EVENT_ID = validate.Regexp("^[0-9]{1,15}-[0-9]{1,9}$", error="Must be the id of an event.")
TASK_ID = validate.Regexp(f"^{TASK_ID_PATTERN}$", error="Must be the id of a task.")


class EventsQuerySchema(RequestSchema):
    """Which events, and from where on."""

    task_id = fields.String(validate=TASK_ID, metadata={"description": "Only of this task"})
    type = word(TaskType)
    monitor_id = query_id()
    last_id = fields.String(validate=EVENT_ID, metadata={"description": "What came after this event comes first"})
    ticket = Text(min=1, max=200, metadata={"description": "In the place of a token, which no address may hold"})


class FirstMessageSchema(RequestSchema):
    """What a client says first on a WebSocket that it opened without a ticket."""

    token = Text(min=1, max=4096, required=True)
    task_id = fields.String(validate=TASK_ID)
    type = word(TaskType)
    monitor_id = row_id()
    last_id = fields.String(validate=EVENT_ID)


class LastEventSchema(RequestSchema):
    """The header by which a browser goes on."""

    last_id = fields.String(data_key="Last-Event-ID", validate=EVENT_ID)


class TicketSchema(AnswerSchema):
    """A ticket, good once."""

    ticket = fields.String()
    expires_in = fields.Integer(metadata={"description": "Seconds for which it is good"})
