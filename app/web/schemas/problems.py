"""The format of every error (RFC 9457)."""

from marshmallow import Schema, fields


class ProblemSchema(Schema):
    """A problem."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Machine-readable error code"})
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata={"description": "Error messages by field"}
    )
