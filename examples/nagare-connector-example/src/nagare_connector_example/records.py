"""Turns a board's answers into records; an answer of another shape than the board promises is SourceGarbled."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.connectors.sdk import MAX_NAME, MAX_TEXT, AlertReport, HostRecord, ItemRecord, Severity, SourceGarbled

SOURCE = "statusboard"
"""What the alerts' `source` says: the same for a pull and for a post to the webhook."""
SEVERITIES = {"info": Severity.INFO, "warning": Severity.WARNING, "critical": Severity.CRITICAL}

Kind = TypeVar("Kind")


def host_record(row: Mapping[str, Any]) -> HostRecord:
    """Return the record of a board's host."""
    name = text(row, "name", MAX_NAME)
    return HostRecord(
        external_id=identity(row, "id"),
        name=name,
        display_name=name,
        ip_addr=text(row, "address", MAX_NAME) or None,
        groups=(text(row, "team", MAX_NAME),),
        error=text(row, "problem") or None,
    )


def item_record(row: Mapping[str, Any]) -> ItemRecord:
    """Return the record of a board's item."""
    return ItemRecord(
        host_external_id=identity(row, "host"),
        external_id=identity(row, "id"),
        name=text(row, "title"),
        key=identity(row, "id"),
        value=text(row, "value"),
        value_type="float",
        units=text(row, "unit"),
        interval="1m",
        value_at=moment(member(row, "measured", int)),
    )


def alert_report(row: Mapping[str, Any]) -> AlertReport:
    """Return the report of a board's alert; the board lists those that fire."""
    return AlertReport(
        source=SOURCE,
        external_id=identity(row, "id"),
        is_firing=True,
        message=text(row, "text"),
        severity=SEVERITIES.get(text(row, "level"), Severity.WARNING),
        host_external_id=identity(row, "host"),
    )


def rows(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """Return a member that is a list of objects."""
    found = member(answer, name, list)
    if not all(isinstance(row, dict) for row in found):
        raise SourceGarbled(f"The board answered {name} that are no objects")
    return found


def member(tree: Any, name: str, kind: type[Kind]) -> Kind:
    """Return a member of an answer. Raises SourceGarbled when it is missing or of another type."""
    value = tree.get(name) if isinstance(tree, dict) else None
    if type(value) is not kind:
        raise SourceGarbled(f"The board's answer is not what it promises: {name} is no {kind.__name__}")
    return value


def text(row: Mapping[str, Any], name: str, longest: int = MAX_TEXT) -> str:
    """Return a text for people, cut to what nagare keeps."""
    return member(row, name, str)[:longest]


def identity(row: Mapping[str, Any], name: str) -> str:
    """Return an id. It is not cut: two ids could become one."""
    value = member(row, name, str)
    if not 0 < len(value) <= MAX_NAME:
        raise SourceGarbled(f"The board answered an id of {len(value)} characters")
    return value


def moment(seconds: int) -> datetime:
    """Return a time that the board tells in seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise SourceGarbled("The board answered a time that is none") from None
