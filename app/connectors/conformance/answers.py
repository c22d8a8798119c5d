"""Checks of what the connector makes of its source's true answers."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from app.connectors.base import HostPage, ItemPage
from app.connectors.conformance.records import alert_page_faults, host_page_faults, item_page_faults
from app.connectors.conformance.results import Failed, counted
from app.connectors.conformance.trial import SOME, Trial, returned
from app.rules.alert_reports import AlertReport

MAX_VERSION = 200
UNKNOWN = "nagare-test-unknown"


def version(trial: Trial) -> str:
    """`check` signs in and returns the source's version."""
    told = returned(trial.do("check"), "check")
    if not isinstance(told, str) or not 0 < len(told) <= MAX_VERSION or not told.isprintable():
        raise Failed(f"check returned {str(told)[:100]!r}, not a printable text of 1 to {MAX_VERSION} characters")
    return told


def hosts(trial: Trial) -> str:
    """`hosts` yields pages of valid records; no page is empty, and no host comes twice."""
    pages = _host_pages(trial)
    records = [record for page in pages for record in page.records]
    _require_unique("host", (record.external_id for record in records))
    wrong = next((page.total for page in pages if page.total < len(records)), None)
    if wrong is not None:
        raise Failed(f"a page says that there are {wrong} hosts in all, but {len(records)} came")
    trial.hosts = records
    return f"{counted(len(records), 'host')} in {counted(len(pages), 'page')}"


def host_order(trial: Trial) -> str:
    """`hosts` yields the same hosts in the same order when asked again."""
    again = [record.external_id for page in _host_pages(trial) for record in page.records]
    both = {*again} & {host.external_id for host in trial.hosts}
    first, second = (
        [external_id for external_id in ids if external_id in both]
        for ids in ([host.external_id for host in trial.hosts], again)
    )
    if first != second or (trial.hosts and not both):
        raise Failed("the hosts came in another order, or under other external ids, the second time")
    return f"{counted(len(both), 'host')} in the same order"


def some_hosts(trial: Trial) -> str:
    """`hosts` with external ids yields those hosts only, each once, and nothing for unknown ids."""
    wanted = list(dict.fromkeys(host.external_id for host in (*trial.hosts[:1], *trial.hosts[-1:])))
    for asked, expected in (([], []), ([UNKNOWN], []), ([*wanted, UNKNOWN, *wanted], wanted)):
        found = [record.external_id for page in _host_pages(trial, asked) for record in page.records]
        if sorted(found) != sorted(expected):
            raise Failed(f"asked for {len(asked)} external ids, {len(expected)} of them known, it yielded {len(found)}")
    return f"{len(wanted)} of {counted(len(trial.hosts), 'host')}"


def items(trial: Trial) -> str:
    """`items` yields pages of valid records; each host asked for is in one page, and no item comes twice."""
    asked = [host.external_id for host in trial.hosts[:SOME]]
    pages = _item_pages(trial, asked)
    told = [external_id for page in pages for external_id in page.host_external_ids]
    if Counter(told) != Counter(asked):
        raise Failed(f"the pages name {len(told)} hosts for {len(asked)} that were asked for: each must be named once")
    records = [record for page in pages for record in page.records]
    _require_unique("item", ((record.host_external_id, record.external_id) for record in records))
    trial.items = records
    return f"{counted(len(records), 'item')} of {counted(len(asked), 'host')} in {counted(len(pages), 'page')}"


def items_of_no_host(trial: Trial) -> str:
    """`items` of a host that the source does not have yields a page that names it, without records of it."""
    pages = _item_pages(trial, [UNKNOWN])
    if [[*page.host_external_ids] for page in pages] != [[UNKNOWN]] or any(page.records for page in pages):
        raise Failed(f"it yielded {len(pages)} pages with {sum(len(page.records) for page in pages)} items")
    if _item_pages(trial, []):
        raise Failed("asked for the items of no host, it yielded a page")
    return "a page without records"


def item(trial: Trial) -> str:
    """`item` returns the same item as `items`, and None for one that the source does not have."""
    if trial.items:
        known = trial.items[0]
        found = returned(trial.do("item", known.host_external_id, known.external_id), "item")
        if getattr(found, "external_id", None) != known.external_id or found.key != known.key:
            raise Failed(f"it returned {str(found)[:100]!r}, another item than `items` yielded")
    for ids in ((UNKNOWN, UNKNOWN), *((host.external_id, UNKNOWN) for host in trial.hosts[:1])):
        found = returned(trial.do("item", *ids), "item of an unknown id")
        if found is not None:
            raise Failed(f"it returned {str(found)[:100]!r} for an unknown id, not None")
    return "found by its id" if trial.items else "None for unknown ids; the source has no item"


def alerts(trial: Trial) -> str:
    """`alerts` yields pages of valid reports that fire; none comes twice, and none is new when asked again at once."""
    first, second = _identities(trial), _identities(trial)
    if first and not {*first} & {*second}:
        raise Failed("asked again, all alerts have other identities")
    return counted(len(first), "alert")


def closing(trial: Trial) -> str:
    """`close` raises nothing, also when it is called again."""
    returned(trial.do("close"), "close")
    return "closed three times"


def _identities(trial: Trial) -> list[tuple[str, str]]:
    pages: Sequence[Sequence[AlertReport]] = returned(trial.do("alerts"), "alerts")
    _require_valid(pages, alert_page_faults, lambda page: page)
    reports = [report for page in pages for report in page]
    if not all(report.is_firing for report in reports):
        raise Failed("an alert is reported that does not fire; what does not come has ended")
    identities = [(report.source, report.external_id) for report in reports]
    _require_unique("alert", identities)
    return identities


def _host_pages(trial: Trial, *arguments: Any) -> Sequence[HostPage]:
    pages: Sequence[HostPage] = returned(trial.do("hosts", *arguments), "hosts")
    _require_valid(pages, host_page_faults, lambda page: page.records)
    return pages


def _item_pages(trial: Trial, host_external_ids: Sequence[str]) -> Sequence[ItemPage]:
    pages: Sequence[ItemPage] = returned(trial.do("items", host_external_ids), "items")
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
        raise Failed(f"{len(twice)} of the {what}s come more than once, for example {str(twice[0])[:100]!r}")


CHECKS: tuple[Callable[[Trial], str], ...] = (
    *(version, hosts, host_order, some_hosts, items, items_of_no_host, item, alerts, closing),
)
