"""Reads the past values of a series by range queries, which evaluate it at the steps of a grid."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.connectors.base import PastValue
from app.connectors.prometheus.api import PrometheusApi
from app.connectors.prometheus.promql import with_labels
from app.connectors.prometheus.records import read_labels, read_member
from app.errors import SourceGarbled
from app.rules.alerts.prometheus_labels import MAX_EXTERNAL_ID

MINUTE_S = 60
HOUR_S = 3600
STEPS_A_PAGE = 10_000
"""Prometheus refuses a query of more than 11,000 steps."""
HOURLY = {
    "count": "count_over_time",
    "lowest": "min_over_time",
    "highest": "max_over_time",
    "mean": "avg_over_time",
    "last": "last_over_time",
}
"""The function of each member of a `PastValue`."""
Series = Mapping[int, float]
"""Values by the second."""


def is_whole(external_id: str) -> bool:
    """Return whether the external id of an item is its key, not the beginning of one that is too long."""
    return len(external_id) < MAX_EXTERNAL_ID


class PastSeries:
    """The past of one series: its key is PromQL without the labels of its target."""

    def __init__(self, api: PrometheusApi, key: str, target: Mapping[str, str]) -> None:
        self._api = api
        self._selector = with_labels(key, target)

    def values(self, after: datetime, before: datetime) -> Iterator[Sequence[PastValue]]:
        """Yield the values at each whole minute between two times."""
        for start, end in _pages(after, before, MINUTE_S):
            found = self._ask(self._selector, start, end, MINUTE_S)
            yield [PastValue.single(_moment(second), value) for second, value in sorted(found.items())]

    def hours(self, after: datetime, before: datetime) -> Iterator[Sequence[PastValue]]:
        """Yield what the values of each whole hour between two times were."""
        for start, end in _pages(after, before - timedelta(seconds=HOUR_S), HOUR_S):
            # A range ends at its step: the hour that begins at `start` is known at its end.
            times = (start + HOUR_S, end + HOUR_S, HOUR_S)
            found = {name: self._ask(f"{call}({self._selector}[1h])", *times) for name, call in HOURLY.items()}
            yield [
                PastValue(
                    _moment(second - HOUR_S),
                    int(count),
                    *(found[name][second] for name in ("lowest", "highest", "mean", "last")),
                )
                for second, count in sorted(found["count"].items())
                if all(second in series for series in found.values())
            ]

    def _ask(self, query: str, start: int, end: int, step: int) -> Series:
        params = {"query": query, "start": str(start), "end": str(end), "step": str(step)}
        return _read_matrix(self._api.data("/api/v1/query_range", params))


def _pages(after: datetime, before: datetime, step: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last step of each page between two times; the grid is the same for every query."""
    first = math.ceil(after.timestamp() / step) * step
    last = math.floor(before.timestamp() / step) * step
    for start in range(first, last + 1, step * STEPS_A_PAGE):
        yield start, min(last, start + step * (STEPS_A_PAGE - 1))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _read_matrix(data: object) -> Series:
    """Return the values of the series with the fewest labels: others have labels that the item does not have.

    Numbers that cannot be charted are left out.
    """
    if read_member(data, "resultType", str) != "matrix":
        raise SourceGarbled("Prometheus returned something other than a matrix for a range query")
    found = read_member(data, "result", list)
    if not found:
        return {}
    narrowest = min(found, key=lambda series: len(read_labels(series, "metric")))
    if "values" not in narrowest:
        # A native histogram has no single value.
        return {}
    return dict(filter(None, map(_read_point, read_member(narrowest, "values", list))))


def _read_point(sample: object) -> tuple[int, float] | None:
    if not isinstance(sample, list) or len(sample) != 2 or not isinstance(sample[1], str):
        raise SourceGarbled("Prometheus returned a past value that is not a time and a number")
    try:
        second, value = int(sample[0]), float(sample[1])
        _moment(second)
    except (TypeError, ValueError, OverflowError, OSError):
        raise SourceGarbled("Prometheus returned a past value that is not a time and a number") from None
    return (second, value) if math.isfinite(value) else None
