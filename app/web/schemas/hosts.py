"""Hosts."""

from typing import Any

from marshmallow import fields, post_load, validate

from app.enums import InventoryStatus
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, QueryBoolean, Text, Timestamp, code, query_code, query_id
from app.web.schemas.pages import SHORT_PAGES, PageQuerySchema


class HostQuerySchema(PageQuerySchema):
    """Filters of the list of hosts."""

    q = Text(max=200, metadata={"description": f"Text in a name, address or description. {SHORT_PAGES}"})
    monitor_id = query_id(metadata={"description": "Only hosts of this monitor"})
    status = query_code(InventoryStatus)
    group = Text(max=200, metadata={"description": "Name of a host group"})
    archived = QueryBoolean(metadata={"description": "`true` lists the archived hosts instead of the others"})
    machine_id = query_id(metadata={"description": "Only hosts that are this machine"})


class HostChangesSchema(RequestSchema):
    """The editable fields of a host."""

    name = Text(min=1, max=512, metadata={"description": "Technical name, unique at the monitor"})
    display_name = Text(min=1, max=512, metadata={"description": "Name shown to people"})
    description = Text(max=65535)
    enabled = Boolean(metadata={"description": "Whether the monitor monitors the host"})


class NewHostSchema(RequestSchema):
    """A new host; a push creates it at the monitor."""

    name = Text(min=1, max=128, required=True)
    display_name = Text(min=1, max=128, metadata={"description": "Defaults to `name`"})
    description = Text(max=65535, load_default="")
    enabled = Boolean(load_default=True)
    ip_addr = Text(
        min=1, max=255, load_default=None, allow_none=True, metadata={"description": "Address of the host's agent"}
    )
    groups = fields.List(
        Text(min=1, max=255),
        load_default=[],
        validate=validate.Length(max=100),
        metadata={"description": "Host groups; a push creates those that do not exist"},
    )

    @post_load
    def _complete(self, host: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"display_name": host["name"], **host, "groups": list(dict.fromkeys(host["groups"]))}


class HostSchema(AnswerSchema):
    """A host of one monitor."""

    id = fields.Integer()
    monitor_id = fields.Integer()
    external_id = fields.String(metadata={"description": "Id of the host at its monitor"})
    name = fields.String(metadata={"description": "Technical name, unique at the monitor"})
    display_name = fields.String(metadata={"description": "Name shown to people"})
    description = fields.String()
    ip_addr = fields.String(allow_none=True, metadata={"description": "Address that the monitor connects to"})
    enabled = fields.Boolean(metadata={"description": "Whether the monitor monitors the host"})
    status = code(InventoryStatus)
    status_description = fields.String(metadata={"description": "Reason for the status"})
    groups = fields.List(fields.String(), metadata={"description": "Host groups"})
    labels = fields.Dict(
        fields.String(),
        fields.String(),
        metadata={"description": "What its monitor says about it by name: a target's labels, a host's tags"},
    )
    details = fields.Dict(
        fields.String(),
        metadata={"description": "What else its monitor says: interfaces, templates, inventory fields, maintenance"},
    )
    items_error = fields.String(
        allow_none=True, metadata={"description": "Why the last pull could not read its items; `null` if it could"}
    )
    vanished_at = Timestamp(
        allow_none=True, metadata={"description": "Since when its monitor no longer has it; `null` if it does"}
    )
    archived_at = Timestamp(
        allow_none=True, metadata={"description": "When it was archived, because it had been gone for long"}
    )
    machine_id = fields.Integer(
        allow_none=True, metadata={"description": "The machine that it is, with hosts of other monitors"}
    )
    item_count = fields.Integer(metadata={"description": "Number of items"})
    created_at = Timestamp()
    updated_at = Timestamp()
