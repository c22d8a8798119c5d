"""Checks the fields of routes and translates them to columns."""

from collections.abc import Mapping
from typing import Any

from app.channels.sender import Sender
from app.enums import Language
from app.errors import Invalid
from app.rules.response.notification_templates import FIELDS, templates_in
from app.rules.timezones import is_timezone
from app.services.response.message_writer import MessageWriter


class RouteFields:
    """What notifications and routes have in common."""

    def __init__(self, sender: Sender, writer: MessageWriter) -> None:
        self._sender = sender
        self._writer = writer

    def validate(self, fields: Mapping[str, Any]) -> None:
        """Check fields whose check takes too long for a transaction. Raises Invalid naming the field."""
        if "timezone" in fields and not is_timezone(fields["timezone"]):
            raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.")
        if "url" in fields:
            fault = self._sender.find_fault(fields["url"])
            if fault is not None:
                raise Invalid("url", fault)
        self._validate_templates(fields)

    def _validate_templates(self, fields: Mapping[str, Any]) -> None:
        language, timezone = Language(fields.get("language", Language.ENGLISH)), fields.get("timezone", "UTC")
        fault = self._writer.find_fault(language, timezone, templates_in(fields))
        if fault is not None:
            raise Invalid(fault.field, str(fault))


def columns_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of checked fields."""
    columns = dict(fields)
    if columns.keys() & {"url", "channel_id", *FIELDS}:
        # An error of the old address or template says nothing about the new one.
        columns["last_error"] = None
    if "group" in columns:
        columns["group_name"] = columns.pop("group")
    if "on" in columns:
        columns["kinds"] = columns.pop("on")
    if "quiet_hours" in columns:
        hours = columns.pop("quiet_hours") or {"from": None, "until": None}
        columns |= {"quiet_from": hours["from"], "quiet_until": hours["until"]}
    return columns


def shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row as the API shows it."""
    hours = {"from": row["quiet_from"], "until": row["quiet_until"]} if row["quiet_from"] else None
    return {**row, "group": row["group_name"], "on": row["kinds"], "quiet_hours": hours}
