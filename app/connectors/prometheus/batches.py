"""Which hosts one query asks for, and which of them one page of items holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote_plus

from app.connectors.base import ItemPage, ItemRecord
from app.connectors.prometheus.promql import make_selector, make_selector_of_any
from app.connectors.prometheus.targets import Target

SERIES_A_QUERY = 5000
HOSTS_A_QUERY = 100
MAX_ITEMS = 10_000
"""Of one page."""
MAX_ADDRESS = 4000
"""Characters of the values in one query, as an address has them: many proxies refuse more than 8,000."""
USUAL_SERIES = 500
"""Of a host that does not say how many it has."""

Batch = Sequence[Target]


def make_batches(targets: Iterable[Target], sizes: Mapping[tuple[str, ...], int]) -> Iterator[Batch]:
    """Yield hosts of one job that one query asks for; one with many series stands alone.

    `sizes` are their numbers of series by job and instance, as far as they are known.
    """
    by_job: dict[str, list[Target]] = {}
    for target in targets:
        by_job.setdefault(target.job, []).append(target)
    for of_job in by_job.values():
        batch: list[Target] = []
        series = length = 0
        for target in of_job:
            size, width = sizes.get((target.job, target.instance), USUAL_SERIES), len(quote_plus(target.instance)) + 3
            is_full = series + size > SERIES_A_QUERY or length + width > MAX_ADDRESS or len(batch) == HOSTS_A_QUERY
            # A regular expression that matches no instance too would also match series without one.
            if batch and (is_full or not target.instance or not batch[-1].instance):
                yield batch
                batch, series, length = [], 0, 0
            batch.append(target)
            series, length = series + size, length + width
        yield batch


def make_query(batch: Batch) -> str:
    """Return the PromQL that selects all series of these hosts, which have one job."""
    if len(batch) == 1:
        return batch[0].selector
    return make_selector_of_any("instance", (target.instance for target in batch), {"job": batch[0].job})


def name_query(target: Target, names: Sequence[str]) -> str:
    """Return the PromQL that selects the series of a host with these metric names."""
    labels = {"instance": target.instance, "job": target.job}
    if len(names) == 1:
        return make_selector({"__name__": names[0], **labels})
    return make_selector_of_any("__name__", names, labels)


def make_name_batches(sizes: Mapping[str, int]) -> Iterator[Sequence[str]]:
    """Yield metric names of one host that one query asks for."""
    batch: list[str] = []
    series = length = 0
    for name, size in sorted(sizes.items()):
        width = len(quote_plus(name)) + 3
        if batch and (series + size > SERIES_A_QUERY or length + width > MAX_ADDRESS):
            yield batch
            batch, series, length = [], 0, 0
        batch.append(name)
        series, length = series + size, length + width
    if batch:
        yield batch


def in_pages(items: Mapping[str, Sequence[ItemRecord]], *, is_partial: bool) -> Iterator[ItemPage]:
    """Yield pages of whole hosts."""
    hosts: list[str] = []
    records: list[ItemRecord] = []
    for host, own in items.items():
        if hosts and len(records) + len(own) > MAX_ITEMS:
            yield ItemPage(hosts, records, is_partial=is_partial)
            hosts, records = [], []
        hosts.append(host)
        records.extend(own)
    if hosts:
        yield ItemPage(hosts, records, is_partial=is_partial)
