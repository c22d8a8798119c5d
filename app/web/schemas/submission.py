"""Parameters of every request that queues a task: how a repeat is recognized."""

from marshmallow import fields, validate

from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import QueryBoolean


class IdempotencySchema(RequestSchema):
    """The client's idempotency key."""

    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        validate=validate.Regexp("^[!-~]{1,200}$", error="Must be 1 to 200 visible ASCII characters."),
        metadata={"description": "A request with the same key within 24 hours returns the id of the first task"},
    )


class SubmissionQuerySchema(RequestSchema):
    """The query of a request that queues a task; those with parameters add theirs."""

    unique = QueryBoolean(
        load_default=False,
        metadata={"description": "If a task for the same work has not finished, return its id instead of a new task"},
    )


class PushQuerySchema(SubmissionQuerySchema):
    """The query of a push."""

    force = QueryBoolean(
        load_default=False,
        metadata={"description": "Overwrite changes made at the monitor since the last pull"},
    )
