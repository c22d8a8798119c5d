"""One pull of the series of many hosts: large queries, smaller ones where those fail, and hosts that cannot be read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

from app import tracing
from app.connectors.base import ItemPage, ItemRecord
from app.connectors.prometheus.api import PrometheusApi
from app.connectors.prometheus.batches import (
    Batch,
    in_pages,
    make_batches,
    make_name_batches,
    make_query,
    name_query,
)
from app.connectors.prometheus.failures import Failures
from app.connectors.prometheus.records import Family, make_item, read_counts, read_labels, read_member, read_vector
from app.connectors.prometheus.targets import Target
from app.errors import SourceError, SourceGarbled, SourceRejected, SourceTimeout

MAX_CONCURRENT_QUERIES = 4
PAGED_FROM = 10_000
"""A host with more series is asked for metric by metric."""
SIZES = "sum by (job, instance) (scrape_samples_post_metric_relabeling)"
"""What the last scrape of each target gave, which Prometheus and vmagent store as a series."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The items of some hosts, by the hosts' external ids."""

    items: Mapping[str, Sequence[ItemRecord]]
    is_partial: bool


class ItemPull:
    """Reads the items of hosts. `close` ends requests that other threads wait for."""

    def __init__(self, api: PrometheusApi, families: Mapping[str, Family], close: Callable[[], None]) -> None:
        self._api = api
        self._families = families
        self._close = close
        self._failures = Failures()

    def pages(self, targets: Sequence[Target]) -> Iterator[ItemPage]:
        """Yield the items of these hosts. Raises SourceError if none of them can be read."""
        sizes = self._sizes() if len(targets) > 1 else {}
        is_large = [sizes.get((target.job, target.instance), 0) > PAGED_FROM for target in targets]
        batches = [*make_batches((one for one, large in zip(targets, is_large, strict=True) if not large), sizes)]
        with ThreadPoolExecutor(MAX_CONCURRENT_QUERIES) as pool:
            for start in range(0, len(batches), MAX_CONCURRENT_QUERIES):
                some = batches[start : start + MAX_CONCURRENT_QUERIES]
                for batch, answer in zip(some, self._ask_all(some, pool), strict=True):
                    yield from self._told(batch, answer)
        for target, large in zip(targets, is_large, strict=True):
            if large:
                yield from self._by_name(target)

    def select(self, query: str, target: Target) -> ItemRecord | None:
        """Return the first of a host's series that a query selects. Raises SourceError."""
        return next(iter(self._read(query, [target]).items[target.host.external_id]), None)

    def _sizes(self) -> Mapping[tuple[str, ...], int]:
        try:
            return read_counts(self._api.data("/api/v1/query", {"query": SIZES}), "job", "instance")
        except (SourceRejected, SourceGarbled, SourceTimeout):
            return {}

    def _ask_all(self, batches: Sequence[Batch], pool: Executor) -> list[Answered | SourceError]:
        ask = tracing.carried(self._ask)
        try:
            return [*pool.map(ask, batches)]
        except BaseException:
            # The pool waits for its threads: a task that hit its time limit would wait for the other responses.
            self._close()
            raise

    def _ask(self, batch: Batch) -> Answered | SourceError:
        try:
            return self._read(make_query(batch), batch)
        except SourceError as error:
            return error

    def _read(self, query: str, batch: Batch) -> Answered:
        answer = self._api.answer("/api/v1/query", {"query": query})
        targets = {(target.job, target.instance): target for target in batch}
        items: dict[str, dict[str, ItemRecord]] = {target.host.external_id: {} for target in batch}
        for series in read_vector(answer.data):
            labels = read_labels(series, "metric")
            target = targets.get((labels.pop("job", ""), labels.pop("instance", "")))
            if target is not None:
                item = make_item(labels, series, target.host.external_id, target.interval, self._families)
                items[target.host.external_id][item.external_id] = item
        return Answered({host: [*own.values()] for host, own in items.items()}, bool(answer.warnings))

    def _told(self, batch: Batch, answer: Answered | SourceError) -> Iterator[ItemPage]:
        """Yield what was answered; after an error, ask for less."""
        if isinstance(answer, Answered):
            self._failures.forget()
            yield from in_pages(answer.items, is_partial=answer.is_partial)
        elif len(batch) > 1:
            self._failures.require_passing(answer)
            for part in _parts(batch, answer):
                yield from self._told(part, self._ask(part))
        elif isinstance(answer, SourceGarbled | SourceRejected | SourceTimeout):
            yield from self._by_name(batch[0], answer)
        else:
            yield self._unreadable(batch[0], answer)

    def _by_name(self, target: Target, reason: SourceError | None = None) -> Iterator[ItemPage]:
        """Yield a host's items metric by metric; `reason` is why it could not be asked for all of them at once."""
        host = target.host.external_id
        try:
            names = self._names(target)
        except SourceError as error:
            yield self._unreadable(target, reason or error)
            return
        if reason and len(names) < 2:
            yield self._unreadable(target, reason)
            return
        is_partial = False
        waiting = [*make_name_batches(names)][::-1]
        while waiting:
            some = waiting.pop()
            try:
                answer = self._read(name_query(target, some), [target])
            except SourceError as error:
                self._failures.require_passing(error)
                if isinstance(error, SourceTimeout) or len(some) == 1:
                    yield self._unreadable(target, error)
                    return
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
                continue
            is_partial = is_partial or answer.is_partial
            yield ItemPage([host], answer.items[host], continues=True)
        self._failures.forget()
        yield ItemPage([host], [], is_partial=is_partial)

    def _names(self, target: Target) -> Mapping[str, int]:
        """Return the number of a host's series by metric name."""
        try:
            answer = self._api.data("/api/v1/query", {"query": f"count by (__name__) ({target.selector})"})
            return {name: count for (name,), count in read_counts(answer, "__name__").items() if name}
        except (SourceRejected, SourceGarbled):
            # Counting needs all series at once, which some servers limit too.
            found = self._api.data("/api/v1/label/__name__/values", {"match[]": target.selector})
            names = read_member({"values": found}, "values", list)
            return {name: 1 for name in names if isinstance(name, str) and name}

    def _unreadable(self, target: Target, error: SourceError) -> ItemPage:
        self._failures.note(error)
        return ItemPage([target.host.external_id], [], {target.host.external_id: error})


def _parts(batch: Batch, error: SourceError) -> Iterator[Batch]:
    """Yield smaller batches; after a time-out single hosts, so that a slow one is not waited for again and again."""
    middle = 1 if isinstance(error, SourceTimeout) else (len(batch) + 1) // 2
    for start in range(0, len(batch), middle):
        yield batch[start : start + middle]
