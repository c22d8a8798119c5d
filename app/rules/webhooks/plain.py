"""Parses webhook bodies of scripts: an object with a message, or a list of such objects."""

import json
from hashlib import sha256

from app.enums import Severity
from app.errors import Invalid
from app.rules.alert_reports import AlertReport
from app.rules.severities import severity_of
from app.rules.webhooks.fields import Fields

SOURCE = "webhook"
KNOWN = ("message", "severity", "host", "item", "status", "id", "comment")
STATUSES = {
    **dict.fromkeys(("firing", "problem", "active"), True),
    **dict.fromkeys(("resolved", "ok", "recovered"), False),
}


def parse_plain(alert: Fields) -> AlertReport:
    """Return the report; without an id, the alert is identified by host, item and message. Raises Invalid."""
    alert.refuse_others(KNOWN)
    message, host, item = alert.required_text("message"), alert.text("host"), alert.text("item")
    return AlertReport(
        source=SOURCE,
        external_id=alert.text("id") or sha256(json.dumps([host, item, message]).encode()).hexdigest(),
        is_firing=alert.choice("status", STATUSES, default=True),
        message=message,
        severity=_severity(alert),
        comment=alert.text("comment"),
        host_external_id=host or None,
        host_name=host or None,
        item_external_id=item or None,
        item_name=item or None,
    )


def _severity(alert: Fields) -> Severity:
    word = alert.text("severity")
    if word.lstrip("-").isdecimal() and word not in ("0", "1", "2"):
        raise Invalid(alert.path("severity"), "Must be a word like warning or critical, or 0, 1 or 2.")
    return severity_of(word or None)
