"""The alert of a heartbeat that is down, and the text that its pings carry."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.enums import HeartbeatReason, Severity
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.own_messages import OWN_SOURCE

LABEL = "heartbeat"
MESSAGES = {
    HeartbeatReason.LATE: "Heartbeat {name} is late",
    HeartbeatReason.FAILED: "Heartbeat {name} reported a failure",
    HeartbeatReason.OVERRUN: "Heartbeat {name} did not finish in time",
}
SENTENCES = {
    HeartbeatReason.LATE: "No ping came within {grace} of the expected time.",
    HeartbeatReason.FAILED: "The job reported that it failed.",
    HeartbeatReason.OVERRUN: "The job started at {start} and did not finish within {grace}.",
}
MAX_BODY_BYTES = 10_000
MAX_QUOTED = 2000
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def report_of(heartbeat: Mapping[Any, Any], last_ping: Mapping[Any, Any] | None) -> AlertReport:
    """Return the report that a heartbeat is down, or is no longer; `last_ping` is its last success or failure."""
    reason = heartbeat["reason"] and HeartbeatReason(heartbeat["reason"])
    labels = {**heartbeat["labels"], LABEL: heartbeat["name"]}
    return AlertReport(
        source=OWN_SOURCE,
        external_id=f"heartbeat:{heartbeat['id']}",
        is_firing=reason is not None,
        message=MESSAGES[reason or HeartbeatReason.LATE].format(name=heartbeat["name"]),
        severity=Severity(heartbeat["severity"]),
        description=_description(heartbeat, reason, last_ping) if reason else "",
        labels=labels,
        host_name=labels.get("host"),
    )


def readable(data: bytes) -> str:
    """Return the end of a log as text that any database can hold and a page can show."""
    text = data[-MAX_BODY_BYTES:].decode(errors="replace").replace("\r\n", "\n")
    if len(data) > MAX_BODY_BYTES:
        text = f"…{text.lstrip(chr(0xFFFD))}"
    return UNPRINTABLE.sub("", ESCAPES.sub("", text).replace("\r", "\n")).strip()


def duration_text(seconds: float) -> str:
    """Return a duration for people, such as `1 h 30 min`."""
    days, rest = divmod(round(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _description(heartbeat: Mapping[Any, Any], reason: HeartbeatReason, last_ping: Mapping[Any, Any] | None) -> str:
    """Return what is known of it; it stays the same while the heartbeat stays down for the same reason."""
    start = heartbeat["running_since"] and f"{heartbeat['running_since']:%Y-%m-%d %H:%M:%S} UTC"
    lines = [SENTENCES[reason].format(grace=duration_text(heartbeat["grace_s"]), start=start), _told(last_ping)]
    if last_ping is not None and last_ping["body"]:
        lines += ["", _end_of(last_ping["body"])]
    return "\n".join(lines)


def _told(last_ping: Mapping[Any, Any] | None) -> str:
    if last_ping is None:
        return "It has never finished."
    details = [f"{last_ping['kind']} at {last_ping['at']:%Y-%m-%d %H:%M:%S} UTC"]
    if last_ping["exit_code"] is not None:
        details.append(f"exit code {last_ping['exit_code']}")
    if last_ping["duration_ms"] is not None:
        details.append(f"after {duration_text(timedelta(milliseconds=last_ping['duration_ms']).total_seconds())}")
    return f"Last ping: {', '.join(details)}."


def _end_of(body: str) -> str:
    return body if len(body) <= MAX_QUOTED else f"…{body[-MAX_QUOTED:]}"
