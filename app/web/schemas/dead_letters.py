"""Dead letters."""

from marshmallow import fields, validate

from app.enums import TaskType
from app.web.converters import MAX_ID, TASK_ID_PATTERN
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, Timestamp, query_id, row_id, word
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.tasks import AttemptSchema

MAX_LETTER_IDS = 1000
CAUSE = {"description": "Error code; of a sync, that of the part which failed last"}


class DeadLetterQuerySchema(PageQuerySchema):
    """Filters of the list of dead letters."""

    type = word(TaskType, metadata={"description": "Only dead letters of this type"})
    monitor_id = query_id(metadata={"description": "Only dead letters of this monitor"})
    reason = Text(max=64, metadata={"description": "Error code, such as source_unreachable"})
    cause = Text(max=64, metadata=CAUSE)
    q = Text(max=200, metadata={"description": "Text in the error message"})


class DeadLetterGroupQuerySchema(RequestSchema):
    """Filters of the groups of dead letters."""

    type = word(TaskType, metadata={"description": "Only dead letters of this type"})
    monitor_id = query_id(metadata={"description": "Only dead letters of this monitor"})
    reason = Text(max=64, metadata={"description": "Error code, such as source_unreachable"})
    cause = Text(max=64, metadata=CAUSE)
    q = Text(max=200, metadata={"description": "Text in the error message"})


class DeadLetterFilterSchema(RequestSchema):
    """Filter of dead letters; without one it matches all."""

    is_body_required = False

    ids = fields.List(
        fields.String(validate=validate.Regexp(f"^{TASK_ID_PATTERN}$")),
        validate=validate.Length(min=1, max=MAX_LETTER_IDS),
        metadata={"description": "Only these dead letters, by the ids of their tasks"},
    )
    type = word(TaskType, metadata={"description": "Only dead letters of this type"})
    monitor_id = row_id(metadata={"description": "Only dead letters of this monitor"})
    reason = Text(max=64, metadata={"description": "Error code, such as source_unreachable"})
    q = Text(max=200, metadata={"description": "Text in the error message"})
    cause = Text(max=64, metadata=CAUSE)
    expected_total = Integer(
        validate=validate.Range(0, MAX_ID),
        metadata={
            "description": "How many dead letters the filter is expected to match; if it matches more, none is changed"
        },
    )
    dry_run = Boolean(load_default=False, metadata={"description": "Only count the matching dead letters"})


class DeadLetterSchema(AnswerSchema):
    """A task that failed for good."""

    task_id = fields.String()
    type = word(TaskType)
    params = fields.Dict(keys=fields.String())
    reason = fields.String(allow_none=True, metadata={"description": "Error code, such as source_unreachable"})
    error = fields.String(allow_none=True, metadata={"description": "Error message"})
    attempts = fields.Integer(metadata={"description": "Number of attempts"})
    worker = fields.String(allow_none=True)
    created_at = Timestamp()
    dead_at = Timestamp(metadata={"description": "When the task failed for good"})
    monitor_id = fields.Integer(allow_none=True, metadata={"description": "The monitor that the task is about, if any"})
    cause = fields.String(metadata=CAUSE)


class DeadLetterGroupSchema(AnswerSchema):
    """Dead letters of one monitor with one cause."""

    monitor_id = fields.Integer(allow_none=True)
    cause = fields.String(metadata=CAUSE)
    count = fields.Integer(metadata={"description": "Number of dead letters"})
    types = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "Number of dead letters by task type"}
    )
    error = fields.String(allow_none=True, metadata={"description": "The error message of one of them"})
    first_dead_at = Timestamp()
    last_dead_at = Timestamp()


class DeadLetterStorySchema(DeadLetterSchema):
    """A dead letter with its attempts and the traceback of the last one."""

    traceback = fields.String(allow_none=True, metadata={"description": "Python traceback of the last attempt"})
    history = fields.List(fields.Nested(AttemptSchema), metadata={"description": "The failed attempts"})


class RetriedSchema(AnswerSchema):
    """Number of dead letters retried, or that a dry run would retry."""

    retried = fields.Integer(metadata={"description": "Number of dead letters retried, or that match in a dry run"})


class DiscardedSchema(AnswerSchema):
    """Number of dead letters discarded, or that a dry run would discard."""

    discarded = fields.Integer(metadata={"description": "Number of dead letters discarded, or that match in a dry run"})
