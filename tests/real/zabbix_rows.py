"""What a row of Zabbix's own API means, read past nagare: what the tests expect."""

from datetime import UTC, datetime
from typing import Any

VALUE_TYPES = ["float", "char", "log", "unsigned", "text"]
"""What the codes of an item's `value_type` stand for."""


def value_at(item: dict[str, Any]) -> datetime | None:
    """Return the moment of an item's last value; None when it has none yet."""
    seconds, microseconds = int(item["lastclock"]), int(item["lastns"]) // 1000
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds) if seconds else None


def last_value(item: dict[str, Any]) -> str | None:
    """Return an item's last value; None when it has none yet."""
    return str(item["lastvalue"]) if item["lastclock"] != "0" else None


def address(host: dict[str, Any]) -> str | None:
    """Return the address of a host's main interface; None when it has none."""
    main = next((each for each in host["interfaces"] if each["main"] == "1"), None)
    return main and (main["ip"] if main["useip"] == "1" else main["dns"])
