"""The audit trail."""

from marshmallow import fields

from app.enums import AuditedType
from app.web.schemas.base import AnswerSchema
from app.web.schemas.fields import Text, Timestamp, query_id, word
from app.web.schemas.pages import PageQuerySchema


class AuditQuerySchema(PageQuerySchema):
    """Filters of the audit trail."""

    object_type = word(AuditedType, metadata={"description": "Only changes to objects of this type"})
    object_id = query_id(metadata={"description": "Only changes to the object with this id"})
    user_id = query_id(metadata={"description": "Only changes by this user"})
    username = Text(max=64, metadata={"description": "Only changes by the user of this name"})
    after = Timestamp(metadata={"description": "Only what was done at this time or later"})
    before = Timestamp(metadata={"description": "Only what was done before this time"})


class AuditEntrySchema(AnswerSchema):
    """One change: who, when, what, and the changed fields before and after."""

    id = fields.Integer()
    at = Timestamp()
    user_id = fields.Integer()
    username = fields.String(metadata={"description": "Who made the change"})
    action = fields.String(
        metadata={"description": "What was done, such as `created`, `changed`, `deleted` or `signed_in`"}
    )
    object_type = word(AuditedType)
    object_id = fields.Integer(metadata={"description": "0 if it was done to many at once, or to a task or queue"})
    before = fields.Dict(
        keys=fields.String(), metadata={"description": "Values of the changed fields before the change"}
    )
    after = fields.Dict(keys=fields.String(), metadata={"description": "Values of the changed fields after the change"})
