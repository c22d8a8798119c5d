"""Maintenance windows."""

from marshmallow import fields

from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import MatchText, QueryBoolean, Text, Timestamp, row_id
from app.web.schemas.pages import PageQuerySchema


class MaintenanceQuerySchema(PageQuerySchema):
    """Filters of the list of windows."""

    active = QueryBoolean(metadata={"description": "`true` returns only the windows that are active now"})


class MaintenanceChangesSchema(RequestSchema):
    """Changes to a window; open alerts that it no longer covers are no longer suppressed."""

    name = Text(min=1, max=200)
    comment = Text(max=4096)
    monitor_id = row_id(allow_none=True, metadata={"description": "Only alerts of this monitor"})
    host_id = row_id(allow_none=True, metadata={"description": "Only alerts of this host"})
    group = Text(min=1, max=255, allow_none=True, metadata={"description": "Only alerts of hosts in this group"})
    match = MatchText(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})
    starts_at = Timestamp()
    ends_at = Timestamp()


class NewMaintenanceSchema(MaintenanceChangesSchema):
    """A new window; an alert must match all of monitor, host, group and matchers that are set."""

    name = Text(min=1, max=200, required=True)
    comment = Text(max=4096, load_default="")
    starts_at = Timestamp(required=True)
    ends_at = Timestamp(required=True)


class MaintenanceSchema(AnswerSchema):
    """A time range during which matching alerts are suppressed."""

    id = fields.Integer()
    name = fields.String()
    comment = fields.String()
    monitor_id = fields.Integer(allow_none=True)
    host_id = fields.Integer(allow_none=True)
    group = fields.String(allow_none=True)
    match = fields.String(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})
    starts_at = Timestamp()
    ends_at = Timestamp()
    created_by = fields.String(metadata={"description": "Name of the user who created it"})
    created_at = Timestamp()
