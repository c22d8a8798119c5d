"""Checks names of time zones."""

from zoneinfo import ZoneInfo


def is_timezone(name: str) -> bool:
    """Return whether this is the name of an IANA time zone."""
    try:
        ZoneInfo(name)
    # KeyError: unknown zone; ValueError: outside the database's folder; OSError: a folder of zones.
    except (KeyError, ValueError, OSError):
        return False
    return True
