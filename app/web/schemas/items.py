"""Items."""

from marshmallow import fields, validate

from app.enums import InventoryStatus
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, QueryInteger, Text, Timestamp, code, query_code, query_id
from app.web.schemas.pages import SHORT_PAGES, PageQuerySchema

CHART_HOURS = (1, 6, 24, 168, 720, 2160)
BACKFILL_HOURS = CHART_HOURS[-1]
MAX_BACKFILL_HOURS = 1100 * 24


class ItemQuerySchema(PageQuerySchema):
    """Filters of the list of items."""

    q = Text(max=200, metadata={"description": f"Text in a name or key. {SHORT_PAGES}"})
    host_id = query_id(metadata={"description": "Only items of this host"})
    monitor_id = query_id(metadata={"description": "Only items of this monitor"})
    machine_id = query_id(metadata={"description": "Only items of the hosts that are this machine"})
    status = query_code(InventoryStatus)


class ItemChangesSchema(RequestSchema):
    """The editable fields of an item."""

    name = Text(min=1, max=4096)
    description = Text(max=65535)
    enabled = Boolean()
    interval = Text(max=255, metadata={"description": "Update interval, such as 30s or 1m"})
    units = Text(max=255, metadata={"description": "Unit of the values, such as B or %"})


class ItemValueQuerySchema(PageQuerySchema):
    """A time range of an item's history."""

    after = Timestamp(metadata={"description": "Only values after this time"})
    before = Timestamp(metadata={"description": "Only values before this time"})


class ItemHistoryQuerySchema(RequestSchema):
    """The time range of an item's chart."""

    hours = QueryInteger(validate=validate.OneOf(CHART_HOURS), load_default=CHART_HOURS[1])


class BackfillQuerySchema(RequestSchema):
    """How far back values are read."""

    hours = QueryInteger(
        load_default=BACKFILL_HOURS,
        validate=validate.Range(1, MAX_BACKFILL_HOURS),
        metadata={"description": "Of how many hours, up to now"},
    )


class NewItemSchema(RequestSchema):
    """A new item; a push creates it at the monitor."""

    name = Text(min=1, max=255, required=True)
    key = Text(min=1, max=2048, required=True, metadata={"description": "Key of the item, unique within its host"})
    description = Text(max=65535, load_default="")
    enabled = Boolean(load_default=True)
    interval = Text(min=1, max=255, load_default="1m", metadata={"description": "Update interval, such as 30s or 1m"})
    units = Text(max=255, load_default="", metadata={"description": "Unit of the values, such as B or %"})
    value_type = fields.String(
        load_default="float", validate=validate.OneOf(["float", "char", "log", "unsigned", "text"])
    )


class ItemSchema(AnswerSchema):
    """An item (metric) of one host, with its last value."""

    id = fields.Integer()
    host_id = fields.Integer()
    monitor_id = fields.Integer()
    external_id = fields.String(metadata={"description": "Id of the item at its monitor"})
    name = fields.String()
    key = fields.String(metadata={"description": "Key of the item, unique within its host"})
    description = fields.String()
    interval = fields.String(metadata={"description": "Update interval, such as 30s or 1m"})
    units = fields.String(metadata={"description": "Unit of the values, such as B or %"})
    value = fields.String(allow_none=True, metadata={"description": "Last value as text"})
    value_text = fields.String(
        allow_none=True, metadata={"description": "Last value as its monitor shows it to people, by a value map"}
    )
    raw_name = fields.String(
        allow_none=True, metadata={"description": "Name with its macros, if they make another one of it"}
    )
    value_type = fields.String()
    value_at = Timestamp(allow_none=True, metadata={"description": "When the monitor read the last value"})
    enabled = fields.Boolean(metadata={"description": "Whether the monitor reads the item"})
    status = code(InventoryStatus)
    status_description = fields.String(metadata={"description": "Reason for the status"})
    created_at = Timestamp()
    updated_at = Timestamp()


class ItemValueSchema(AnswerSchema):
    """The value of an item at one time."""

    at = Timestamp()
    value = fields.Float()


class ValueSummarySchema(AnswerSchema):
    """The values of an item in one hour."""

    at = Timestamp(metadata={"description": "Beginning of the hour"})
    count = fields.Integer(metadata={"description": "Number of values"})
    lowest = fields.Float()
    highest = fields.Float()
    mean = fields.Float()
    last = fields.Float(metadata={"description": "Last value of the hour"})
