"""Pages of alerts, by any filter and order: the work for one is bounded, however many alerts there are.

A page is read from candidates, which an index gives in the order of the list. If few of them match, a page may be short
or even empty, with a cursor to continue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, union_all

from app import clock
from app.enums import OPEN_STATUSES, Severity
from app.models import Alert
from app.store.database.dialects import is_listed, table_of
from app.store.database.pages import PageRequest, cursor_behind
from app.store.database.search import Search
from app.store.selection.alert_candidates import FEW, Lead, best_lead
from app.store.selection.alert_filters import ALERTS, IS_LISTED, IS_OPEN, TEXTS, AlertFilter, conditions
from app.store.selection.alert_orders import AlertOrder, Key, after

LONGEST_S = 0.02
FIRST_BATCH_SIZE = 200
BATCH_SIZE = 1000
MAX_TOTAL = 10_000
COUNTED_CANDIDATES = 2000
Place = Sequence[Any]


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Some alerts, the cursor of the next page, and on the first page how many alerts there are in all."""

    items: Sequence[Mapping[Any, Any]]
    next_cursor: str | None
    total: int | None = None
    is_total_exact: bool | None = None
    """Whether there are no more than `total`."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows, and the place after which to continue; None at the end."""

    rows: Sequence[RowMapping]
    place: Place | None = None


class AlertList:
    """The alerts that a filter wants, in an order; `columns` are read of each."""

    def __init__(self, connection: Connection, columns: Sequence[Any], wanted: AlertFilter, order: AlertOrder) -> None:
        self._connection = connection
        self._columns = columns
        self._wanted = wanted
        self._order = order
        self._lead = None if wanted.is_empty else best_lead(connection, wanted)

    def fetch(self, request: PageRequest) -> AlertPage:
        """Return a page. Raises Invalid for a cursor of another list."""
        place = self._order.place(request.cursor)
        page = self._search(request) if self._is_search() else self._page(request, place)
        if request.cursor is not None:
            return page
        total, is_exact = self._total()
        return replace(page, total=total, is_total_exact=is_exact)

    def _is_search(self) -> bool:
        return self._wanted.q is not None and self._order == AlertOrder()

    def _search(self, request: PageRequest) -> AlertPage:
        q = self._wanted.q or ""
        given = replace(self._wanted, q=None)
        statement = select(*self._columns).where(*conditions(self._connection, given))
        page = Search(self._connection, statement, table_of(Alert), q, TEXTS, descending=True).fetch(request)
        return AlertPage(page.items, page.next_cursor)

    def _page(self, request: PageRequest, place: Place | None) -> AlertPage:
        give_up_at = clock.monotonic() + LONGEST_S
        rows: list[RowMapping] = []
        for severity in self._severities(place):
            wanted = self._wanted if severity is None else replace(self._wanted, severity=(severity,))
            start = None if place is None or (severity is not None and place[0] != severity) else place
            begin = start if start is None or severity is None else start[1:]
            lead = self._lead if severity is None else best_lead(self._connection, wanted)
            part = _Walk(self._connection, self._columns, wanted, self._order.keys, lead).read(
                begin, request.limit + 1 - len(rows), give_up_at
            )
            rows += part.rows
            if len(rows) > request.limit:
                rows = rows[: request.limit]
                return AlertPage(rows, cursor_behind(self._place_of(rows[-1])))
            if part.place is not None:
                return AlertPage(rows, cursor_behind([*([] if severity is None else [severity]), *part.place]))
        return AlertPage(rows, None)

    def _severities(self, place: Place | None) -> Sequence[int | None]:
        """Return the severities to read one after the other; only None if the order is not by severity."""
        is_descending = self._order.is_severity_descending
        if is_descending is None:
            return [None]
        chosen = sorted(self._wanted.severity or map(int, Severity), reverse=is_descending)
        if place is None:
            return chosen
        return [each for each in chosen if (each <= place[0] if is_descending else each >= place[0])]

    def _place_of(self, row: RowMapping) -> Place:
        severity = [] if self._order.is_severity_descending is None else [row["severity"]]
        return [*severity, *(key.value_in(row) for key in self._order.keys)]

    def _total(self) -> tuple[int, bool]:
        """Return how many alerts the filter wants, and whether that is exact: it counts up to a limit."""
        number = select(ALERTS.id)
        if self._wanted.is_empty:
            return _up_to(self._count(number.where(IS_LISTED).limit(MAX_TOTAL + 1)))
        if self._lead is not None and self._lead.is_complete:
            return _up_to(self._lead.size)
        walk = _Walk(self._connection, self._columns, self._wanted, AlertOrder().keys, self._lead)
        candidates = walk.candidates(None, COUNTED_CANDIDATES + 1)
        ids = [row[0] for row in candidates[:COUNTED_CANDIDATES]]
        matching = number.where(walk.among(ids), *walk.conditions)
        return self._count(matching), len(candidates) <= COUNTED_CANDIDATES

    def _count(self, statement: Any) -> int:
        return int(self._connection.execute(select(func.count()).select_from(statement.subquery())).scalar_one())


def _up_to(count: int) -> tuple[int, bool]:
    return min(count, MAX_TOTAL), count <= MAX_TOTAL


class _Walk:
    """Reads the alerts that a filter wants in the order of keys, the last of which is the id."""

    def __init__(
        self,
        connection: Connection,
        columns: Sequence[Any],
        wanted: AlertFilter,
        keys: Sequence[Key],
        lead: Lead | None,
    ) -> None:
        self._connection = connection
        self._statement = select(*columns)
        self._keys = keys
        self._is_all = wanted.is_empty
        self._index = IS_OPEN if wanted.status and set(wanted.status) <= {*OPEN_STATUSES} else IS_LISTED
        self._lead = lead
        self.conditions = [] if self._is_all else conditions(connection, wanted)

    def read(self, place: Place | None, missing: int, give_up_at: float) -> Part:
        """Return up to `missing` rows after a place."""
        if self._is_all:
            return Part(self._rows([], place, missing))
        if self._lead is not None and self._lead.size <= FEW:
            ids = [row[0] for row in self._in_order(self._lead, None, FEW)]
            return Part(self._rows([self.among(ids), *self.conditions], place, missing))
        rows: list[RowMapping] = []
        size = missing if self._lead is not None and self._lead.is_complete else FIRST_BATCH_SIZE
        while True:
            candidates = self.candidates(place, size)
            ids = [row[0] for row in candidates]
            rows += self._rows([self.among(ids), *self.conditions], None, missing - len(rows))
            if len(rows) >= missing or len(candidates) < size:
                return Part(rows)
            place = candidates[-1][1:]
            if clock.monotonic() > give_up_at:
                return Part(rows, place)
            size = BATCH_SIZE

    def candidates(self, place: Place | None, size: int) -> Sequence[Any]:
        """Return the ids and keys of up to `size` candidates after a place."""
        if self._lead is not None and len(self._keys) == 1:
            return self._in_order(self._lead, place, size)
        among = [self._index] if len(self._keys) > 1 else []
        start = [] if place is None else [after(self._keys, place)]
        statement = select(ALERTS.id, *(key.column for key in self._keys)).where(*among, *start)
        return self._connection.execute(statement.order_by(*(key.ordered for key in self._keys)).limit(size)).all()

    def among(self, ids: Sequence[int]) -> ColumnElement[bool]:
        """Return the condition that an alert is one of these."""
        return is_listed(self._connection, ALERTS.id, ",".join(map(str, ids)))

    def _in_order(self, lead: Lead, place: Place | None, size: int) -> Sequence[Any]:
        number = replace(self._keys[-1], column=lead.number)
        start = [] if place is None else [number.after(place[-1])]
        streams = [stream.where(*start).order_by(number.ordered).limit(size) for stream in lead.streams]
        if len(streams) == 1:
            [statement] = streams
        elif not streams:
            return []
        else:
            together = union_all(*(select(stream.subquery()) for stream in streams)).subquery()
            ordered = together.c.id.desc() if number.is_descending else together.c.id
            statement = select(together.c.id).order_by(ordered).limit(size)
        return [(row[0], row[0]) for row in self._connection.execute(statement)]

    def _rows(self, wanted: Sequence[ColumnElement[bool]], place: Place | None, limit: int) -> Sequence[RowMapping]:
        start = [] if place is None else [after(self._keys, place)]
        is_indexed = [IS_LISTED] if len(self._keys) > 1 and not wanted else []
        statement = self._statement.where(*is_indexed, *wanted, *start).order_by(*(key.ordered for key in self._keys))
        return self._connection.execute(statement.limit(limit)).mappings().all()
