"""Finds the pairs of labels whose values a matcher decides on, with a memory of the patterns that were asked before."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Connection, Engine, Text, cast, func, select, true

from app.models import LabelPair
from app.rules.matchers.matcher import Matcher
from app.rules.matchers.patterns import does_match, range_of

PAIRS = LabelPair.__table__.c
MAX_PATTERNS = 100
MAX_IDS = 2_000_000
"""Of all patterns of a database; each takes some eight bytes."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of pairs, as text with commas: the databases take a long list fastest as one text."""

    text: str = ""
    count: int = 0

    @classmethod
    def of(cls, ids: Sequence[int]) -> "Ids":
        """Return these ids."""
        return cls(",".join(map(str, ids)), len(ids))

    def __add__(self, other: "Ids") -> "Ids":
        return Ids(",".join(filter(None, (self.text, other.text))), self.count + other.count)

    def __iter__(self) -> Any:
        return map(int, self.text.split(",")) if self.text else iter(())


@dataclass(frozen=True, slots=True)
class Known:
    """The pairs up to `last` on which a pattern decides, and up to where it is known once `mark` is reached."""

    ids: Ids = Ids()
    last: int = 0
    next_last: int = 0
    mark: int = 0


class Memory:
    """What is known of the patterns that were used last, for one database."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._lock = Lock()

    def recall(self, name: str, pattern: str) -> Known:
        """Return what is known of a pattern for the values of a label."""
        with self._lock:
            return self._known.get((name, pattern), Known())

    def keep(self, name: str, pattern: str, known: Known) -> None:
        """Keep it, and forget what was not used for the longest time."""
        with self._lock:
            self._known[name, pattern] = known
            self._known.move_to_end((name, pattern))
            while len(self._known) > MAX_PATTERNS or sum(each.ids.count for each in self._known.values()) > MAX_IDS:
                self._known.popitem(last=False)


MEMORIES: WeakKeyDictionary[Engine, Memory] = WeakKeyDictionary()


def decisive(connection: Connection, matcher: Matcher, *, is_writing: bool) -> Ids:
    """Return the pairs whose values a matcher of a label, not of an empty value, treats unlike a missing label.

    With `is_writing`, the transaction may have written pairs that it does not commit in the end.
    """
    if matcher.is_pattern:
        return _of_pattern(connection, matcher.name, matcher.value, is_writing=is_writing)
    found = select(PAIRS.id).where(PAIRS.name == matcher.name, PAIRS.value == matcher.value)
    return Ids.of(connection.execute(found).scalars().all())


def _of_pattern(connection: Connection, name: str, pattern: str, *, is_writing: bool) -> Ids:
    memory = MEMORIES.setdefault(connection.engine, Memory())
    known = memory.recall(name, pattern)
    does_match_missing = does_match(pattern, "")
    # What a pattern that matches an empty text does not match can lie anywhere.
    bounds = ("", None) if does_match_missing else range_of(pattern)
    rows, settled, mark = _newer(connection, name, bounds, known.last)
    found = [pair_id for pair_id, value in rows if does_match(pattern, value) is not does_match_missing]
    ids = known.ids + Ids.of(found)
    if connection.dialect.name == "sqlite":
        if rows and not is_writing:
            memory.keep(name, pattern, Known(ids, rows[-1][0]))
        return ids
    # On PostgreSQL, a pair may be committed after one with a larger id. The ids up to the largest one are complete once
    # all transactions have ended that ran when it was read.
    if known.next_last and settled >= known.mark:
        now_known = known.ids + Ids.of([pair_id for pair_id in found if pair_id <= known.next_last])
        known = Known(now_known, known.next_last)
    if not known.next_last and rows and rows[-1][0] > known.last:
        known = Known(known.ids, known.last, rows[-1][0], mark)
    memory.keep(name, pattern, known)
    return ids


def _newer(
    connection: Connection, name: str, bounds: tuple[str, str | None], after: int
) -> tuple[Sequence[tuple[int, str]], int, int]:
    """Return the newer pairs of a label within bounds, in order; and which transactions have ended, and which not."""
    statement = select(PAIRS.id, PAIRS.value).where(PAIRS.name == name, PAIRS.id > after)
    least, before = bounds
    if least:
        statement = statement.where(PAIRS.value >= least)
    if before is not None:
        statement = statement.where(PAIRS.value < before)
    statement = statement.order_by(PAIRS.id)
    if connection.dialect.name == "sqlite":
        return [(row[0], row[1]) for row in connection.execute(statement)], 0, 0
    pairs = statement.subquery()
    snapshot = func.pg_current_snapshot()
    ends = select(
        cast(cast(func.pg_snapshot_xmin(snapshot), Text), BigInteger).label("settled"),
        cast(cast(func.pg_snapshot_xmax(snapshot), Text), BigInteger).label("mark"),
    ).subquery()
    joined = select(ends.c.settled, ends.c.mark, pairs.c.id, pairs.c.value).select_from(ends.outerjoin(pairs, true()))
    rows = connection.execute(joined.order_by(pairs.c.id)).all()
    return [(row.id, row.value) for row in rows if row.id is not None], rows[0].settled, rows[0].mark
