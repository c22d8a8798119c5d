"""Parses the webhook of nagare's media type in Zabbix: a problem, its update or its end, in Zabbix's macros."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from app.enums import QuietKind, Severity
from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.alerts.severities import severity_of, zabbix_severity, zabbix_word
from app.rules.alerts.zabbix_alerts import SOURCE, unix_time
from app.rules.webhooks.fields import Fields
from app.rules.webhooks.zabbix_macros import Macros
from app.rules.webhooks.zabbix_texts import local_time, posted_tags

VALUES = {"1": True, "0": False}
NO_EVENT = "0"
MAX_CLOCK_DIGITS = 12


def parse_zabbix(body: Fields) -> Iterator[AlertReport]:
    """Yield one report; its identity is the problem's event, as in a pull of Zabbix's problems. Raises Invalid.

    What Zabbix's *Test* button sends yields nothing. Bodies of earlier versions of the media type have fewer fields.
    """
    macros = Macros(body)
    if not macros.is_test:
        yield _report(body, macros)


def _report(body: Fields, macros: Macros) -> AlertReport:
    event_id = macros.required("event_id")
    macros.required("event_value")
    is_firing = body.choice("event_value", VALUES)
    labels, unread_tags = posted_tags(macros.value("event_tags") or "")
    severity, word = _severity(body, macros, is_firing)
    quiet = _quiet(macros)
    return AlertReport(
        source=SOURCE,
        external_id=event_id,
        is_firing=is_firing,
        message=macros.value("event_name") or "Zabbix problem",
        severity=severity,
        source_severity=word,
        description=macros.value("trigger_description") or "",
        value=macros.value("event_opdata"),
        labels=labels,
        annotations=_annotations(macros, unread_tags),
        # An end without a known problem makes no alert, so it must not look like one that began.
        started_at=_time(macros, "event") if is_firing else None,
        ended_at=None if is_firing else _time(macros, "event_recovery"),
        source_url=_page(macros, event_id),
        is_acknowledged=(macros.value("event_ack_status") or "").casefold() == "yes",
        quiet=quiet,
        is_quiet_known=quiet is not None or macros.is_empty("event_cause_id"),
        # No macro says whether a maintenance or a person suppresses the problem; a pull knows.
        unspoken=(QuietKind.MAINTENANCE,),
        is_whole="event_tags" in body,
        host_external_id=macros.value("host_id"),
        host_name=macros.value("host_name"),
        item_external_id=macros.value("item_id"),
        item_name=macros.value("item_name"),
    )


def _severity(body: Fields, macros: Macros, is_firing: bool) -> tuple[Severity, str | None]:
    """Return the severity and its word; the code counts, because an installation may rename the words."""
    word = macros.value("event_severity")
    if not macros.value("event_nseverity") and (word or not is_firing):
        # An end needs no severity: to refuse it would leave the alert open.
        return severity_of(word), word
    try:
        code = int(macros.required("event_nseverity"))
        return zabbix_severity(code), zabbix_word(code)
    except ValueError:
        raise Invalid(body.path("event_nseverity"), "Must be a number from 0 to 5.") from None


def _annotations(macros: Macros, unread_tags: str) -> dict[str, str]:
    """Return the annotations of a pull, and tags that cannot be read as labels."""
    visible = macros.value("host_visible_name")
    said = {
        "host_visible_name": visible if visible != macros.value("host_name") else None,
        "trigger_url": macros.value("trigger_url"),
        "tags": unread_tags,
    }
    return {name: value for name, value in said.items() if value}


def _time(macros: Macros, of: str) -> datetime | None:
    """Return a time if it is certain: Zabbix before 7.2 has only macros for a local time without its zone."""
    clock = macros.value(f"{of}_timestamp") or ""
    if clock.isascii() and clock.isdigit() and len(clock) <= MAX_CLOCK_DIGITS:
        with contextlib.suppress(ValueError):
            return unix_time(int(clock))
    date, time, zone = (macros.value(name) for name in (f"{of}_date", f"{of}_time", "event_timezone"))
    return local_time(date, time, zone) if date and time and zone else None


def _page(macros: Macros, event_id: str) -> str | None:
    """Return the address of the problem's page, as in a pull."""
    frontend, trigger_id = macros.value("zabbix_url"), macros.value("trigger_id")
    if not frontend or not trigger_id:
        return None
    return f"{frontend.rstrip('/')}/tr_events.php?triggerid={quote(trigger_id)}&eventid={quote(event_id)}"


def _quiet(macros: Macros) -> Quiet | None:
    cause = macros.value("event_cause_id") or NO_EVENT
    return None if cause == NO_EVENT else Quiet(QuietKind.SYMPTOM, cause, comment=macros.value("event_cause_name"))
