"""Reads the attributes of Icinga's objects; any unexpected shape is SourceGarbled."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.connectors.answers import cut
from app.connectors.base import MAX_TEXT
from app.connectors.icinga2.api import Row
from app.errors import SourceGarbled
from app.rules.alerts.alert_bounds import bounded_labels

CHECK_ATTRS = (
    *("__name", "name", "display_name", "groups", "notes", "vars", "check_command", "check_interval", "zone"),
    *("enable_active_checks", "enable_passive_checks", "state", "state_type", "last_check", "last_check_result"),
    *("last_hard_state_change", "last_state_change", "last_reachable", "acknowledgement", "downtime_depth", "flapping"),
)
HOST_ATTRS = (*CHECK_ATTRS, "address", "address6")
SERVICE_ATTRS = (*CHECK_ATTRS, "host_name")
HOST_STATES = ("UP", "DOWN")
SERVICE_STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
UNKNOWN = 3
HARD = 1
SECRET_VARS = re.compile(r"pw|pass|community|secret|token|key|credential", re.IGNORECASE)
"""Custom variables that are kept from people, as in Icinga Web's `protected_customvars` and a few names more."""


def text(row: Row, name: str, longest: int = MAX_TEXT) -> str:
    """Return a text, cut to a length that a database's index can hold; an absent one is empty."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise garbled(name)
    return cut(value, longest)


def identity(row: Row, name: str, longest: int = 512) -> str:
    """Return a text that identifies something. Raises SourceGarbled if it is empty or too long to be kept whole."""
    value = row.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise garbled(name)
    return value


def number(row: Row, name: str) -> float:
    """Return a number."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise garbled(name)
    return value


def flag(row: Row, name: str) -> bool:
    """Return whether an attribute is set; an absent one is not."""
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise garbled(name)
    return value


def moment(row: Row, name: str) -> datetime | None:
    """Return a time; None for 0 and -1, by which Icinga says that there is none."""
    seconds = number(row, name)
    if seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise garbled(name) from None


def texts(row: Row, name: str) -> list[str]:
    """Return a list of texts."""
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise garbled(name)
    return value


def result(row: Row) -> Row | None:
    """Return the result of the last check; None if it was never checked (pending)."""
    value = row.get("last_check_result")
    if value is not None and not isinstance(value, dict):
        raise garbled("last_check_result")
    return value


def output(row: Row) -> str:
    """Return what the plugin said, all lines."""
    found = result(row)
    return "" if found is None else text(found, "output").strip()


def labels(row: Row) -> dict[str, str]:
    """Return the custom variables that are plain values, without those that hold secrets by their name."""
    found = row.get("vars") or {}
    if not isinstance(found, dict):
        raise garbled("vars")
    plain = {name: _plain(value) for name, value in found.items() if not SECRET_VARS.search(name)}
    return bounded_labels({name: value for name, value in plain.items() if value})


def state_of(row: Row, words: tuple[str, ...]) -> str:
    """Return the word of a state."""
    code = number(row, "state")
    if code not in range(len(words)):
        raise garbled("state")
    return words[int(code)]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if abs(value) < 1e15 else str(value)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else ""


def garbled(name: str) -> SourceGarbled:
    """Return the error for an attribute that is missing or has the wrong type."""
    return SourceGarbled(f"Icinga returned an object whose {name} is missing or has the wrong type")


def requested(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Return the objects in the order of these names, without any that were not asked for."""
    found = {identity(row, "__name", 1024): row for row in rows}
    return [found[name] for name in names if name in found]
