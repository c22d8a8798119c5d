"""Zabbix's rows as nagare's records; a row of another shape than Zabbix promises is SourceGarbled."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.connectors.base import HostRecord, ItemRecord
from app.errors import SourceGarbled

Row = Mapping[str, Any]

HOST_FIELDS = ["hostid", "host", "name", "description", "status"]
AVAILABILITY_KINDS = ("", "snmp_", "ipmi_", "jmx_")
AVAILABILITY_FIELDS = [f"{kind}{field}" for kind in AVAILABILITY_KINDS for field in ("available", "error")]
"""What a host says before 5.4 of being reached; since then each interface says it."""
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
    """Return the rows of an answer. Raises SourceGarbled when it is anything but a list of objects."""
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise SourceGarbled("Zabbix answered something else than a list of objects")
    return answer


def text(row: Row, field: str) -> str:
    """Return a field as text; Zabbix sends numbers as texts, mostly. Raises SourceGarbled when it is neither."""
    value = row.get(field)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise SourceGarbled(f"Zabbix answered a row whose {field!r} is not a text")


def number(row: Row, field: str) -> int:
    """Return a field as a number. Raises SourceGarbled when it is not a whole number of reasonable size."""
    digits = text(row, field)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise SourceGarbled(f"Zabbix answered a row whose {field!r} is not a number")
    return int(digits)


def host_record(row: Row) -> HostRecord:
    """Return the record of a row of host.get."""
    interfaces = sorted(rows(row.get("interfaces")), key=lambda interface: text(interface, "type"))
    main = next((interface for interface in interfaces if text(interface, "main") == "1"), None)
    groups = rows(row["hostgroups"] if "hostgroups" in row else row.get("groups"))
    return HostRecord(
        external_id=text(row, "hostid"),
        name=text(row, "host"),
        display_name=text(row, "name"),
        description=text(row, "description"),
        ip_addr=None if main is None else _address(main),
        enabled=text(row, "status") != OFF,
        groups=tuple(text(group, "name") for group in groups),
        error=_unreachable_because(row, interfaces),
    )


def item_record(row: Row) -> ItemRecord:
    """Return the record of a row of item.get."""
    value_at = _moment(number(row, "lastclock"), number(row, "lastns"))
    return ItemRecord(
        host_external_id=text(row, "hostid"),
        external_id=text(row, "itemid"),
        name=text(row, "name"),
        key=text(row, "key_"),
        value=None if value_at is None else text(row, "lastvalue"),
        value_type=VALUE_TYPES.get(text(row, "value_type"), ""),
        units=text(row, "units"),
        description=text(row, "description"),
        interval=text(row, "delay"),
        enabled=text(row, "status") != OFF,
        value_at=value_at,
        error=(text(row, "error") or "Not supported") if text(row, "state") == NOT_SUPPORTED else None,
    )


def _address(interface: Row) -> str | None:
    return text(interface, "ip" if text(interface, "useip") == "1" else "dns") or None


def _unreachable_because(row: Row, interfaces: Sequence[Row]) -> str | None:
    signs = [(row, kind) for kind in AVAILABILITY_KINDS] + [(interface, "") for interface in interfaces]
    for source, kind in signs:
        if str(source.get(f"{kind}available")) == UNAVAILABLE:
            return text(source, f"{kind}error") or "Not available"
    return None


def _moment(clock: int, nanoseconds: int) -> datetime | None:
    if clock == 0:
        return None
    try:
        return datetime.fromtimestamp(clock, UTC).replace(microsecond=nanoseconds // 1000)
    except (ValueError, OverflowError, OSError) as error:
        raise SourceGarbled("Zabbix answered a value of a time that is not one") from error
