"""Reads members of JSON answers with their types checked; anything else than expected is SourceGarbled."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from app import tracing
from app.connectors.base import MAX_TEXT
from app.errors import SourceGarbled

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_WHOLE = 10**15
"""Below it, a float is exact to the unit."""

T = TypeVar("T")
Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


def read_member(tree: object, name: str, kind: type[T]) -> T:
    """Return a member of an answer. Raises SourceGarbled if it is missing or has another type."""
    value = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise SourceGarbled(f"The server returned an unexpected response: {name} is missing or has the wrong type")
    return value


def read_object(tree: object, name: str) -> Mapping[str, Any]:
    """Return a member that is an object. Raises SourceGarbled."""
    return read_member(tree, name, dict)


def read_text(tree: object, name: str, longest: int = MAX_TEXT) -> str:
    """Return a text, cut to its longest length; empty if it is missing. Raises SourceGarbled for other types."""
    value = tree.get(name) if isinstance(tree, dict) else None
    return "" if value is None else cut(read_member(tree, name, str), longest)


def read_flag(tree: object, name: str) -> bool:
    """Return a member that is true or false; false if it is missing. Raises SourceGarbled for other types."""
    value = tree.get(name) if isinstance(tree, dict) else None
    return False if value is None else read_member(tree, name, bool)


def read_clock(tree: object, name: str, ticks_per_second: int = 1) -> datetime | None:
    """Return a time that is written as ticks since 1970; None if it is missing or 0, which is no time."""
    value = tree.get(name) if isinstance(tree, dict) else None
    if value is None or read_member(tree, name, int) == 0:
        return None
    try:
        return EPOCH + timedelta(seconds=value // ticks_per_second, milliseconds=value % ticks_per_second)
    except OverflowError:
        raise SourceGarbled(f"The server returned an unexpected response: {name} is no time") from None


def read_value(tree: object, name: str) -> str | None:
    """Return a number as text, without the zeros after its point; None if it is null or missing."""
    value = tree.get(name) if isinstance(tree, dict) else None
    if value is None:
        return None
    number = read_member(tree, name, float) if isinstance(value, float) else read_member(tree, name, int)
    if isinstance(number, float) and number.is_integer() and abs(number) < MAX_WHOLE:
        number = int(number)
    return str(number)


def cut(text: str, longest: int = MAX_TEXT) -> str:
    """Return a text cut to a length that people can read and an index can hold."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def in_parallel(ask: Callable[[Asked], Answered], wanted: Iterable[Asked], at_once: int) -> Iterator[Answered]:
    """Yield the answers in the order of the questions; a slow reader delays the next ones."""
    questions, carried = iter(wanted), tracing.carried(ask)
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="connector")
    try:
        pending: deque[Future[Answered]] = deque(pool.submit(carried, each) for each in islice(questions, at_once))
        while pending:
            done = pending.popleft().result()
            pending.extend(pool.submit(carried, each) for each in islice(questions, 1))
            yield done
    finally:
        # Not waited for: a reader that stops early would wait for a server that may hang.
        pool.shutdown(wait=False, cancel_futures=True)
