"""Pages of the alerts that cost the health score something, in the order of their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, and_, func, literal_column, or_, select

from app.store.alerts.scores import Window
from app.store.database.pages import PageRequest, cursor_behind, position
from app.store.selection.alert_filters import ALERTS, AlertFilter, conditions
from app.store.selection.alert_lists import MAX_TOTAL, AlertPage

POINTS = "points"
PLACE = (ALERTS.first_seen_at, literal_column(POINTS, Float()), ALERTS.id)
"""Columns with the types of a cursor's values: the time of the first page, the last alert's points, and its id."""


@dataclass(frozen=True, slots=True)
class CostList:
    """The alerts that a filter wants and that count at the moment; `columns` are read of each.

    It sorts all of them for each page, as `scores.costliest_alerts` does: what counts is open or was just resolved.
    """

    columns: Sequence[Any]
    wanted: AlertFilter
    window_s: float
    is_descending: bool

    def fetch(self, connection: Connection, request: PageRequest, now: datetime) -> AlertPage:
        """Return a page. All pages count by the time of the first one. Raises Invalid for a cursor of another list."""
        place: list[Any] | None = None
        if request.cursor is not None:
            place = [value.value for value in position(request.cursor, PLACE)]
        at: datetime = now if place is None else place[0]
        window = Window(at, self.window_s)
        counting = [*window.weighing, *conditions(connection, self.wanted)]
        listed = select(*self.columns, window.points.label(POINTS)).where(*counting).subquery()
        keys = (listed.c[POINTS], listed.c.id)
        statement = select(listed).order_by(*(key.desc() if self.is_descending else key.asc() for key in keys))
        if place is not None:
            statement = statement.where(self._is_after(keys, place[1:]))
        rows = connection.execute(statement.limit(request.limit + 1)).mappings().all()
        page = rows[: request.limit]
        more = len(rows) > request.limit
        cursor = cursor_behind([at, page[-1][POINTS], page[-1]["id"]]) if more else None
        items = [{name: value for name, value in row.items() if name != POINTS} for row in page]
        if place is not None:
            return AlertPage(items, cursor)
        some = select(ALERTS.id).where(*counting).limit(MAX_TOTAL + 1).subquery()
        total = int(connection.execute(select(func.count()).select_from(some)).scalar_one())
        return AlertPage(items, cursor, min(total, MAX_TOTAL), total <= MAX_TOTAL)

    def _is_after(self, keys: tuple[Any, Any], place: Sequence[Any]) -> Any:
        points, number = keys
        if self.is_descending:
            return or_(points < place[0], and_(points == place[0], number < place[1]))
        return or_(points > place[0], and_(points == place[0], number > place[1]))
