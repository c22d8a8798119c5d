"""Parses the webhook of nagare's media type in Zabbix: a problem, its update or its end, in Zabbix's macros."""

import re
from collections.abc import Iterator

from app.errors import Invalid
from app.rules.alert_reports import AlertReport
from app.rules.severities import zabbix_severity
from app.rules.webhooks.fields import Fields

SOURCE = "zabbix"
VALUES = {"1": True, "0": False}
MACRO = re.compile(r"\*UNKNOWN\*|\{[A-Z0-9_.<>]+\}")
"""What Zabbix leaves in place of a macro without a value."""


def parse_zabbix(body: Fields) -> Iterator[AlertReport]:
    """Yield one report; its identity is the problem's event, as in a pull of Zabbix's problems. Raises Invalid."""
    try:
        severity = zabbix_severity(int(body.required_text("event_nseverity")))
    except ValueError:
        raise Invalid("event_nseverity", "Must be a number from 0 to 5.") from None
    yield AlertReport(
        source=SOURCE,
        external_id=body.required_text("event_id"),
        is_firing=body.choice("event_value", VALUES),
        message=_value(body, "event_name") or "Zabbix problem",
        severity=severity,
        comment=_value(body, "event_opdata") or "",
        is_acknowledged=(_value(body, "event_ack_status") or "").casefold() == "yes",
        host_external_id=_value(body, "host_id"),
        host_name=_value(body, "host_name"),
        item_external_id=_value(body, "item_id"),
        item_name=_value(body, "item_name"),
    )


def _value(body: Fields, name: str) -> str | None:
    text = body.text(name)
    return None if not text or MACRO.fullmatch(text) else text
