"""Maintenance windows."""

from marshmallow import fields, validate

from app.enums import PushState
from app.rules.maintenance.recurrence_rules import EXAMPLE, MAX_TEXT
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, MatchText, QueryBoolean, QueryInteger, Text, Timestamp, row_id, word
from app.web.schemas.pages import PageQuerySchema

MAX_OCCURRENCES = 100
RRULE = {
    "description": f"Recurrence rule (RFC 5545), such as {EXAMPLE}; `starts_at` to `ends_at` is the first occurrence,"
    " and all are as long"
}
ZONE = {
    "description": "The IANA time zone in which it recurs at the same local time, such as Asia/Shanghai; null is UTC"
}


class MaintenanceQuerySchema(PageQuerySchema):
    """Filters of the list of windows."""

    active = QueryBoolean(metadata={"description": "`true` returns only the windows that are active now"})


class OccurrencesQuerySchema(RequestSchema):
    """How many occurrences to return."""

    limit = QueryInteger(load_default=10, validate=validate.Range(1, MAX_OCCURRENCES))


class MaintenanceTimesSchema(RequestSchema):
    """When a window is in effect."""

    starts_at = Timestamp(required=True)
    ends_at = Timestamp(required=True)
    rrule = Text(min=1, max=MAX_TEXT, allow_none=True, metadata=RRULE)
    timezone = Text(min=1, max=64, allow_none=True, metadata=ZONE)


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
    rrule = Text(min=1, max=MAX_TEXT, allow_none=True, metadata=RRULE)
    timezone = Text(min=1, max=64, allow_none=True, metadata=ZONE)
    push_to_source = Boolean(
        metadata={"description": "Also tell the monitors, as maintenances of Zabbix or silences of Alertmanager"}
    )


class NewMaintenanceSchema(MaintenanceChangesSchema):
    """A new window; an alert must match all of monitor, host, group and matchers that are set."""

    name = Text(min=1, max=200, required=True)
    comment = Text(max=4096, load_default="")
    starts_at = Timestamp(required=True)
    ends_at = Timestamp(required=True)


class OccurrenceSchema(AnswerSchema):
    """One time that a window is in effect."""

    starts_at = Timestamp()
    ends_at = Timestamp()


class OccurrencesSchema(AnswerSchema):
    """The next occurrences of a window."""

    items = fields.List(fields.Nested(OccurrenceSchema()))


class MaintenanceAtSourceSchema(AnswerSchema):
    """What one monitor is told of a window."""

    monitor_id = fields.Integer()
    is_wanted = fields.Boolean(
        metadata={"description": "Whether it must have the window; false while it is taken back"}
    )
    state = word(PushState, metadata={"description": "`failed`: the task ended without success, and can be retried"})
    external_ids = fields.List(fields.String(), metadata={"description": "Ids of maintenances or silences there"})
    error = fields.String(allow_none=True, metadata={"description": "Why the last attempt failed"})
    attempts = fields.Integer()
    task_id = fields.String(allow_none=True, metadata={"description": "The task that tells it; null if it knows all"})
    changed_at = Timestamp()
    done_at = Timestamp(allow_none=True)


class MaintenanceSchema(AnswerSchema):
    """A time range, which may recur, during which matching alerts are suppressed."""

    id = fields.Integer()
    name = fields.String()
    comment = fields.String()
    monitor_id = fields.Integer(allow_none=True)
    host_id = fields.Integer(allow_none=True)
    group = fields.String(allow_none=True)
    match = fields.String(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})
    starts_at = Timestamp(metadata={"description": "Of the first occurrence"})
    ends_at = Timestamp(metadata={"description": "Of the first occurrence"})
    rrule = fields.String(allow_none=True, metadata=RRULE)
    timezone = fields.String(allow_none=True, metadata=ZONE)
    current_starts_at = Timestamp(metadata={"description": "Of the occurrence in effect, or else the next or last one"})
    current_ends_at = Timestamp()
    push_to_source = fields.Boolean()
    at_source = fields.List(
        fields.Nested(MaintenanceAtSourceSchema()), metadata={"description": "What its monitors have of it"}
    )
    created_by = fields.String(metadata={"description": "Name of the user who created it"})
    created_at = Timestamp()
