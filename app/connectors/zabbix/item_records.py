"""Converts Zabbix's items to records; any unexpected shape is SourceGarbled."""

from collections.abc import Collection, Mapping

from app.connectors.base import ItemRecord
from app.connectors.zabbix.records import VALUE_TYPES, Row, cut_text, identity, moment, number, text
from app.connectors.zabbix.value_maps import ValueMap, value_text

ITEM_FIELDS = [
    *("itemid", "hostid", "name", "key_", "description", "units", "delay", "status", "state", "error"),
    *("value_type", "valuemapid", "lastvalue", "lastclock", "lastns"),
]
VALUE_FIELDS = ("lastvalue", "lastclock", "lastns")
OFF = "1"
NOT_SUPPORTED = "1"


def item_record(row: Row, value_maps: Mapping[str, ValueMap], unread_types: Collection[str] = ()) -> ItemRecord:
    """Return the record of a row of item.get; of `unread_types`, the row has no value."""
    is_unread = text(row, "value_type") in unread_types
    value_at = None if is_unread else moment(number(row, "lastclock"), number(row, "lastns"))
    value = None if value_at is None else cut_text(row, "lastvalue")
    value_type = VALUE_TYPES.get(text(row, "value_type"), "")
    raw_name = text(row, "name")
    name = shown_name(row)
    value_map = value_maps.get(identity(row, "valuemapid")) if "valuemapid" in row else None
    return ItemRecord(
        host_external_id=identity(row, "hostid"),
        external_id=identity(row, "itemid"),
        name=name,
        key=text(row, "key_"),
        value=value,
        value_type=value_type,
        units=text(row, "units"),
        description=text(row, "description"),
        interval=text(row, "delay"),
        enabled=text(row, "status") != OFF,
        value_at=value_at,
        error=(text(row, "error") or "Not supported") if text(row, "state") == NOT_SUPPORTED else None,
        value_text=value_text(value_map, value, value_type) if value_map and value is not None else None,
        raw_name=None if name == raw_name else raw_name,
    )


def shown_name(row: Row) -> str:
    """Return an item's name with its macros resolved, which only 7.0 and later do."""
    # Where macros resolve to nothing, the raw name says more.
    return ("name_resolved" in row and text(row, "name_resolved")) or text(row, "name")
