"""Reads the fields of Zabbix's rows; any unexpected shape is SourceGarbled."""

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.base import MAX_TEXT
from app.errors import SourceGarbled
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.zabbix_alerts import tag_labels, unix_time

Row = Mapping[str, Any]

VALUE_TYPES = {"0": "float", "1": "char", "2": "log", "3": "unsigned", "4": "text", "5": "binary"}


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
