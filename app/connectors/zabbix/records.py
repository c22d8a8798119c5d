"""Converts Zabbix's rows to records; any unexpected shape is SourceGarbled."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.connectors.base import MAX_NAME, MAX_TEXT, HostRecord, ItemRecord
from app.errors import SourceGarbled
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.zabbix_alerts import tag_labels, unix_time

Row = Mapping[str, Any]

HOST_FIELDS = ["hostid", "host", "name", "description", "status"]
AVAILABILITY_KINDS = ("", "snmp_", "ipmi_", "jmx_")
AVAILABILITY_FIELDS = [f"{kind}{field}" for kind in AVAILABILITY_KINDS for field in ("available", "error")]
"""The availability fields of a host before 5.4; since then each interface has its own."""
INTERFACE_FIELDS = ["main", "type", "useip", "ip", "dns"]
ITEM_FIELDS = [
    *("itemid", "hostid", "name", "key_", "description", "units", "delay", "status", "state", "error"),
    *("value_type", "lastvalue", "lastclock", "lastns"),
]
VALUE_TYPES = {"0": "float", "1": "char", "2": "log", "3": "unsigned", "4": "text", "5": "binary"}
OFF = "1"
UNAVAILABLE = "2"
NOT_SUPPORTED = "1"


def rows(answer: object) -> list[Row]:
    """Return the rows of a response. Raises SourceGarbled if it is not a list of objects."""
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise SourceGarbled("Zabbix returned something other than a list of objects")
    return answer


def text(row: Row, field: str, longest: int = MAX_TEXT) -> str:
    """Return a field as text; Zabbix sends most numbers as texts.

    Raises SourceGarbled if it is neither, or longer than Zabbix's own limit: a push would write the truncated text
    back.
    """
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise SourceGarbled(f"Zabbix returned a row whose {field!r} is not a string")
    if len(value) > longest:
        raise SourceGarbled(f"Zabbix returned a row whose {field!r} has more than {longest} characters")
    return value


def cut_text(row: Row, field: str) -> str:
    """Return a field that nagare never writes back; a longer text than Zabbix's limit is cut. Raises SourceGarbled."""
    return text(row, field, sys.maxsize)[:MAX_TEXT]


def identity(row: Row, field: str) -> str:
    """Return a field that is a Zabbix id. Raises SourceGarbled if it cannot be one."""
    value = text(row, field)
    if not is_identity(value):
        raise SourceGarbled(f"Zabbix returned a row whose {field!r} is not an id")
    return value


def is_identity(value: str) -> bool:
    """Return whether a text can be a Zabbix id, which is a 64-bit number."""
    return value.isascii() and value.isdigit() and len(value) < 20


def number(row: Row, field: str) -> int:
    """Return a field as a number. Raises SourceGarbled if it is not an integer of reasonable size."""
    digits = text(row, field)
    if not is_identity(digits):
        raise SourceGarbled(f"Zabbix returned a row whose {field!r} is not a number")
    return int(digits)


def moment(clock: int, nanoseconds: int = 0) -> datetime | None:
    """Return the time of a clock in seconds; None for 0. Raises SourceGarbled if no calendar has it."""
    try:
        return unix_time(clock, nanoseconds)
    except ValueError as error:
        raise SourceGarbled("Zabbix returned a row with an invalid time") from error


def labels(row: Row) -> dict[str, str]:
    """Return the tags of a host or problem as labels, as many as an alert or host can keep."""
    return bounded_labels(tag_labels((text(tag, "tag"), text(tag, "value")) for tag in rows(row.get("tags"))))


def host_record(row: Row) -> HostRecord:
    """Return the record of a row of host.get."""
    interfaces = sorted(rows(row.get("interfaces")), key=lambda interface: text(interface, "type"))
    main = next((interface for interface in interfaces if text(interface, "main") == "1"), None)
    groups = rows(row["hostgroups"] if "hostgroups" in row else row.get("groups"))
    return HostRecord(
        external_id=identity(row, "hostid"),
        name=text(row, "host", MAX_NAME),
        display_name=text(row, "name", MAX_NAME),
        description=text(row, "description"),
        ip_addr=None if main is None else _address(main),
        enabled=text(row, "status") != OFF,
        groups=tuple(text(group, "name", MAX_NAME) for group in groups),
        error=_unreachable_because(row, interfaces),
        labels=labels(row),
    )


def item_record(row: Row) -> ItemRecord:
    """Return the record of a row of item.get."""
    value_at = moment(number(row, "lastclock"), number(row, "lastns"))
    return ItemRecord(
        host_external_id=identity(row, "hostid"),
        external_id=identity(row, "itemid"),
        name=text(row, "name"),
        key=text(row, "key_"),
        value=None if value_at is None else cut_text(row, "lastvalue"),
        value_type=VALUE_TYPES.get(text(row, "value_type"), ""),
        units=text(row, "units"),
        description=text(row, "description"),
        interval=text(row, "delay"),
        enabled=text(row, "status") != OFF,
        value_at=value_at,
        error=(text(row, "error") or "Not supported") if text(row, "state") == NOT_SUPPORTED else None,
    )


def _address(interface: Row) -> str | None:
    return text(interface, "ip" if text(interface, "useip") == "1" else "dns", MAX_NAME) or None


def _unreachable_because(row: Row, interfaces: Sequence[Row]) -> str | None:
    signs = [(row, kind) for kind in AVAILABILITY_KINDS] + [(interface, "") for interface in interfaces]
    for source, kind in signs:
        if source.get(f"{kind}available") in (UNAVAILABLE, int(UNAVAILABLE)):
            return text(source, f"{kind}error") or "Not available"
    return None
