"""Checks of what the connector reads from the source itself."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors.base import AlertPage, HostPage, ItemPage, PastValue, alert_page
from app.connectors.conformance.context import SOME, Context, returned
from app.connectors.conformance.records import alert_page_faults, host_page_faults, item_page_faults
from app.connectors.conformance.results import Failed, counted
from app.connectors.registry import connector_class, keeps_history
from app.rules.alerts.alert_reports import AlertReport
from app.rules.item_numbers import finite_number

MAX_VERSION = 200
HOUR = timedelta(hours=1)
PAST = 3 * HOUR
UNKNOWN = "nagare-test-unknown"


def version(context: Context) -> str:
    """`check` signs in and returns the source's version."""
    told = returned(context.do("check"), "check")
    if not isinstance(told, str) or not 0 < len(told) <= MAX_VERSION or not told.isprintable():
        raise Failed(f"check returned {str(told)[:100]!r}, not a printable text of 1 to {MAX_VERSION} characters")
    return told


def hosts(context: Context) -> str:
    """`hosts` yields pages of valid records; no page is empty, and no host is repeated."""
    pages = _host_pages(context)
    records = [record for page in pages for record in page.records]
    _require_unique("host", (record.external_id for record in records))
    wrong = next((page.total for page in pages if page.total < len(records)), None)
    if wrong is not None:
        raise Failed(f"a page reports a total of {wrong} hosts, but {len(records)} were yielded")
    context.hosts = records
    return f"{counted(len(records), 'host')} in {counted(len(pages), 'page')}"


def host_order(context: Context) -> str:
    """A second call of `hosts` yields the same hosts in the same order."""
    again = [record.external_id for page in _host_pages(context) for record in page.records]
    both = {*again} & {host.external_id for host in context.hosts}
    first, second = (
        [external_id for external_id in ids if external_id in both]
        for ids in ([host.external_id for host in context.hosts], again)
    )
    if first != second or (context.hosts and not both):
        raise Failed("the second call yielded another order, or other external ids")
    return f"{counted(len(both), 'host')} in the same order"


def hosts_by_id(context: Context) -> str:
    """`hosts` with external ids yields only those hosts, each once, and nothing for unknown ids."""
    wanted = list(dict.fromkeys(host.external_id for host in (*context.hosts[:1], *context.hosts[-1:])))
    for asked, expected in (([], []), ([UNKNOWN], []), ([*wanted, UNKNOWN, *wanted], wanted)):
        found = [record.external_id for page in _host_pages(context, asked) for record in page.records]
        if sorted(found) != sorted(expected):
            raise Failed(
                f"with {len(asked)} ids, {len(expected)} of them known, it yielded {counted(len(found), 'host')}"
            )
    return f"{len(wanted)} of {counted(len(context.hosts), 'host')}"


def items(context: Context) -> str:
    """`items` yields pages of valid records; each requested host is in one page or several in a row, once."""
    asked = [host.external_id for host in context.hosts[:SOME]]
    pages = _item_pages(context, asked)
    told = [external_id for page in pages if not page.continues for external_id in page.host_external_ids]
    if Counter(told) != Counter(asked):
        raise Failed(f"the pages name {len(told)} hosts for {len(asked)} requested ones; each must be named once")
    records = [record for page in pages for record in page.records]
    _require_unique("item", ((record.host_external_id, record.external_id) for record in records))
    context.items = records
    return f"{counted(len(records), 'item')} of {counted(len(asked), 'host')} in {counted(len(pages), 'page')}"


def unknown_host(context: Context) -> str:
    """`items` of an unknown host yields a page that names the host and has no records."""
    pages = _item_pages(context, [UNKNOWN])
    if [[*page.host_external_ids] for page in pages] != [[UNKNOWN]] or any(page.records for page in pages):
        raise Failed(f"it yielded {len(pages)} pages with {sum(len(page.records) for page in pages)} items")
    if _item_pages(context, []):
        raise Failed("without any host, it yielded a page")
    return "a page without records"


def item(context: Context) -> str:
    """`item` returns the same item as `items`, and None for an unknown one."""
    if context.items:
        known = context.items[0]
        found = returned(context.do("item", known.host_external_id, known.external_id), "item")
        if getattr(found, "external_id", None) != known.external_id or found.key != known.key:
            raise Failed(f"it returned {str(found)[:100]!r}, not the item that `items` yielded")
    for ids in ((UNKNOWN, UNKNOWN), *((host.external_id, UNKNOWN) for host in context.hosts[:1])):
        found = returned(context.do("item", *ids), "item of an unknown id")
        if found is not None:
            raise Failed(f"it returned {str(found)[:100]!r} for an unknown id, not None")
    return "found by its id" if context.items else "None for unknown ids; the source has no items"


def history(context: Context) -> str:
    """If there is a method `history`, it yields finite values in order, and nothing for an unknown item."""
    if not keeps_history(connector_class(context.type)):
        return "the connector has no method history, which is optional"
    before = datetime.now(UTC)
    after = before - PAST
    numeric = next((one for one in context.items if finite_number(one.value, one.value_type) is not None), None)
    count = 0
    for by_hour in (False, True):
        if _past_values(context, (UNKNOWN, UNKNOWN, "float"), after, before, by_hour):
            raise Failed("it yielded values of an unknown item")
        if numeric is not None:
            named = (numeric.host_external_id, numeric.external_id, numeric.value_type)
            count += len(_past_values(context, named, after, before, by_hour))
    return f"{counted(count, 'value')} of one item" if numeric else "nothing for an unknown item"


def alerts(context: Context) -> str:
    """`alerts` yields pages of valid, firing reports, each once and with the same identity in a second call."""
    first, second = _identities(context), _identities(context)
    if first and not {*first} & {*second}:
        raise Failed("in the second call, all alerts have other identities")
    return counted(len(first), "alert")


def close(context: Context) -> str:
    """`close` raises no error, even if it is called twice."""
    returned(context.do("close"), "close")
    return "called three times"


def _identities(context: Context) -> list[tuple[str, str]]:
    pages: Sequence[Sequence[AlertReport] | AlertPage] = returned(context.do("alerts"), "alerts")
    _require_valid(pages, alert_page_faults, _said)
    reports = [report for page in pages for report in alert_page(page).records]
    if not all(report.is_firing for report in reports):
        raise Failed("an alert has is_firing=False; an alert that has ended must be left out")
    identities = [(report.source, report.external_id) for report in reports]
    _require_unique("alert", identities)
    return identities


def _said(yielded: Sequence[AlertReport] | AlertPage) -> Sequence[object]:
    """Return what a page says: its alerts, or what it knows of others."""
    page = alert_page(yielded)
    return [*page.records, *page.missing, *page.still_open, *page.undecided_names]


def _past_values(
    context: Context, item: tuple[str, str, str], after: datetime, before: datetime, by_hour: bool
) -> list[PastValue]:
    pages = returned(context.do("history", item, after, before, by_hour), "history")
    values = [value for page in pages for value in page]
    if any(value.at.tzinfo is None or value.count < 1 or not value.lowest <= value.highest for value in values):
        raise Failed("a past value has no time zone, no count, or a lowest value above the highest one")
    times = [value.at for value in values]
    if times != sorted(set(times)):
        raise Failed("past values are not in order, or repeated")
    if any(not after - HOUR <= at <= before for at in times):
        raise Failed("a past value is not of the time that was asked for")
    return values


def _host_pages(context: Context, *arguments: Any) -> Sequence[HostPage]:
    pages: Sequence[HostPage] = returned(context.do("hosts", *arguments), "hosts")
    _require_valid(pages, host_page_faults, lambda page: page.records)
    return pages


def _item_pages(context: Context, host_external_ids: Sequence[str]) -> Sequence[ItemPage]:
    pages: Sequence[ItemPage] = returned(context.do("items", host_external_ids), "items")
    _require_valid(pages, item_page_faults, lambda page: page.host_external_ids)
    return pages


def _require_valid(
    pages: Sequence[Any], faults: Callable[[Any], Iterator[str]], content: Callable[[Any], Sequence[object]]
) -> None:
    for number, page in enumerate(pages, 1):
        wrong = next(faults(page), "")
        if wrong:
            raise Failed(f"page {number}: {wrong}")
        if not content(page):
            raise Failed(f"page {number} of {len(pages)} is empty")


def _require_unique(what: str, identities: Iterable[object]) -> None:
    twice = [identity for identity, count in Counter(identities).items() if count > 1]
    if twice:
        raise Failed(f"{len(twice)} of the {what}s are repeated, for example {str(twice[0])[:100]!r}")


CHECKS: tuple[Callable[[Context], str], ...] = (
    *(version, hosts, host_order, hosts_by_id, items, unknown_host, item, history, alerts, close),
)
