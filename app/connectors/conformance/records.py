"""Validates the pages and records of a connector by the rules of the connector guide."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.connectors.base import (
    MAX_NAME,
    MAX_TEXT,
    AlertPage,
    Completeness,
    HostPage,
    HostRecord,
    ItemPage,
    ItemRecord,
)
from app.enums import Severity
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport, Quiet

MAX_HOSTS_A_PAGE = 1_000
MAX_ALERTS_A_PAGE = 1_000
MAX_ITEMS_A_PAGE = 10_000
MAX_SOURCE = 64
FEW_HOSTS = 4
"""All items of a host are in one page, so a page of so few hosts may exceed `MAX_ITEMS_A_PAGE`."""

Rule = Callable[[Any], str]
"""Returns what is wrong with a value, or an empty text."""


def text_rule(longest: int, shortest: int = 0, *, is_optional: bool = False) -> Rule:
    """Return the rule for a text that SQLite and PostgreSQL can store."""

    def rule(value: Any) -> str:
        if value is None and is_optional:
            return ""
        if not isinstance(value, str):
            return f"is of type {type(value).__name__}, not str"
        if not shortest <= len(value) <= longest:
            return f"has {len(value)} characters; {shortest} to {longest} are allowed"
        if "\0" in value:
            return "contains a NUL character"
        return "" if _is_encodable(value) else "contains a lone surrogate"

    return rule


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def type_rule(*kinds: type) -> Rule:
    """Return the rule for a value of one of these types."""

    def rule(value: Any) -> str:
        expected = " or ".join(kind.__name__ for kind in kinds)
        return "" if type(value) in kinds else f"is of type {type(value).__name__}, not {expected}"

    return rule


def _group_rule(value: Any) -> str:
    if not isinstance(value, tuple):
        return f"is of type {type(value).__name__}, not tuple"
    return next((wrong for group in value if (wrong := NAME(group))), "")


def _moment_rule(value: Any) -> str:
    if value is None or (isinstance(value, datetime) and value.tzinfo is not None):
        return ""
    return "is neither None nor a datetime with a time zone"


def _texts_rule(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"is of type {type(value).__name__}, not a mapping"
    return next((wrong for text in (*value, *value.values()) if (wrong := TEXT(text))), "")


def _quiet_rule(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, Quiet):
        return f"is of type {type(value).__name__}, not Quiet"
    texts = (OPTIONAL_TEXT(value.id), OPTIONAL_TEXT(value.by), OPTIONAL_TEXT(value.comment))
    return next(filter(None, (*texts, _moment_rule(value.until))), "")


IDENTITY = text_rule(MAX_NAME, shortest=1)
NAME = text_rule(MAX_NAME)
TEXT = text_rule(MAX_TEXT)
OPTIONAL_NAME = text_rule(MAX_NAME, is_optional=True)
OPTIONAL_TEXT = text_rule(MAX_TEXT, is_optional=True)
HOST_RULES: Mapping[str, Rule] = {
    "external_id": IDENTITY,
    "name": NAME,
    "display_name": NAME,
    "description": TEXT,
    "ip_addr": OPTIONAL_NAME,
    "enabled": type_rule(bool),
    "groups": _group_rule,
    "error": OPTIONAL_TEXT,
    "labels": _texts_rule,
}
ITEM_RULES: Mapping[str, Rule] = {
    "host_external_id": IDENTITY,
    "external_id": IDENTITY,
    "name": TEXT,
    "key": TEXT,
    "value": OPTIONAL_TEXT,
    "value_type": TEXT,
    "units": TEXT,
    "description": TEXT,
    "interval": TEXT,
    "enabled": type_rule(bool),
    "value_at": _moment_rule,
    "error": OPTIONAL_TEXT,
}
ALERT_RULES: Mapping[str, Rule] = {
    "source": text_rule(MAX_SOURCE, shortest=1),
    "external_id": IDENTITY,
    "is_firing": type_rule(bool),
    "message": TEXT,
    "severity": type_rule(Severity),
    "source_severity": OPTIONAL_TEXT,
    "description": TEXT,
    "comment": TEXT,
    "value": OPTIONAL_TEXT,
    "labels": _texts_rule,
    "annotations": _texts_rule,
    "started_at": _moment_rule,
    "ended_at": _moment_rule,
    "source_url": OPTIONAL_TEXT,
    "quiet": _quiet_rule,
    "is_acknowledged": type_rule(bool),
    "is_suppressed": type_rule(bool),
    "host_external_id": OPTIONAL_TEXT,
    "host_name": OPTIONAL_TEXT,
    "item_external_id": OPTIONAL_TEXT,
    "item_name": OPTIONAL_TEXT,
}


def host_page_faults(page: Any) -> Iterator[str]:
    """Yield the faults of a page of hosts."""
    if not isinstance(page, HostPage):
        yield f"a page of hosts is of type {type(page).__name__}, not HostPage"
        return
    if type(page.total) is not int or page.total < 0:
        yield f"the total of a page is {page.total!r}, not a number from 0"
    yield from _size_faults("hosts", page.records, MAX_HOSTS_A_PAGE)
    yield from _record_faults(page.records, HostRecord, HOST_RULES)


def item_page_faults(page: Any) -> Iterator[str]:
    """Yield the faults of a page of items."""
    if not isinstance(page, ItemPage):
        yield f"a page of items is of type {type(page).__name__}, not ItemPage"
        return
    yield from _size_faults("hosts", page.host_external_ids, MAX_HOSTS_A_PAGE)
    if page.continues and (len(page.host_external_ids) != 1 or page.unreadable):
        yield "a page that continues names other than one host, or hosts that could not be read"
    if len(page.host_external_ids) > FEW_HOSTS:
        yield from _size_faults("items", page.records, MAX_ITEMS_A_PAGE)
    yield from _record_faults(page.records, ItemRecord, ITEM_RULES)
    hosts = {*page.host_external_ids}
    others = {record.host_external_id for record in page.records if isinstance(record, ItemRecord)} - hosts
    if others:
        yield f"a page has items of the host {min(others)[:40]!r}, which its host_external_ids do not name"


def item_faults(record: Any) -> Iterator[str]:
    """Yield the faults of the result of `item`: a record, or None."""
    if record is not None:
        yield from _record_faults([record], ItemRecord, ITEM_RULES)


def alert_page_faults(page: Any) -> Iterator[str]:
    """Yield the faults of a page of alerts, after nagare has truncated their texts."""
    if isinstance(page, AlertPage):
        yield from _completeness_faults(page)
        page = page.records
    if not isinstance(page, Sequence) or isinstance(page, str):
        yield f"a page of alerts is of type {type(page).__name__}, not AlertPage or a sequence"
        return
    yield from _size_faults("alerts", page, MAX_ALERTS_A_PAGE)
    others = [report for report in page if not isinstance(report, AlertReport)]
    if others:
        yield f"an alert is of type {type(others[0]).__name__}, not AlertReport"
        return
    yield from _record_faults([*map(_truncated, page)], AlertReport, ALERT_RULES)


def _completeness_faults(page: AlertPage) -> Iterator[str]:
    if not isinstance(page.completeness, Completeness):
        yield f"the completeness of a page is {page.completeness!r}, not one of Completeness"
    if page.completeness is not Completeness.COMPLETE and not page.missing:
        yield "a page that is not complete does not say what is missing"
    yield from (f"{wrong} in the missing parts of a page" for text in page.missing if (wrong := TEXT(text)))
    yield from (f"{wrong} in the still open ones of a page" for text in page.still_open if (wrong := IDENTITY(text)))
    yield from (f"{wrong} in the undecided names of a page" for text in page.undecided_names if (wrong := TEXT(text)))


def _truncated(report: AlertReport) -> AlertReport:
    try:
        return bounded(report)
    except (TypeError, AttributeError, UnicodeError):
        # A field is not a text; its rule reports that.
        return report


def _size_faults(what: str, records: Collection[object], most: int) -> Iterator[str]:
    if len(records) > most:
        yield f"a page has {len(records)} {what}; at most {most} are allowed"


def _record_faults(records: Sequence[object], kind: type, rules: Mapping[str, Rule]) -> Iterator[str]:
    for record in records:
        if not isinstance(record, kind):
            yield f"a record is of type {type(record).__name__}, not {kind.__name__}"
            return
        for field, rule in rules.items():
            wrong = rule(getattr(record, field))
            if wrong:
                yield f"{field} of a {kind.__name__} {wrong}"
                return
