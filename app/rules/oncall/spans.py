"""Sets of times, as ordered spans that neither overlap nor touch."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple


class Span(NamedTuple):
    """From a time up to, but not including, another one."""

    starts_at: datetime
    ends_at: datetime


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the times that any of the spans covers."""
    result: list[Span] = []
    for span in sorted(spans):
        if span.starts_at >= span.ends_at:
            continue
        if result and span.starts_at <= result[-1].ends_at:
            result[-1] = Span(result[-1].starts_at, max(result[-1].ends_at, span.ends_at))
        else:
            result.append(span)
    return result


def common(one: Iterable[Span], other: Iterable[Span]) -> Iterator[Span]:
    """Yield the times that both sets cover, split where a span of either ends."""
    ones, others = iter(one), iter(other)
    left, right = next(ones, None), next(others, None)
    while left is not None and right is not None:
        both = Span(max(left.starts_at, right.starts_at), min(left.ends_at, right.ends_at))
        if both.starts_at < both.ends_at:
            yield both
        if left.ends_at <= right.ends_at:
            left = next(ones, None)
        else:
            right = next(others, None)


def within(span: Span, spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the times of a span that an ordered set covers."""
    first = bisect_right(spans, span.starts_at, key=lambda each: each.ends_at)
    for index in range(first, len(spans)):
        if spans[index].starts_at >= span.ends_at:
            return
        yield Span(max(span.starts_at, spans[index].starts_at), min(span.ends_at, spans[index].ends_at))


def without(whole: Span, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the times of a span that none of these spans covers."""
    start = whole.starts_at
    for span in merged(spans):
        if start < min(span.starts_at, whole.ends_at):
            yield Span(start, min(span.starts_at, whole.ends_at))
        start = max(start, span.ends_at)
    if start < whole.ends_at:
        yield Span(start, whole.ends_at)
