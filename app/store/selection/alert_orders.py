"""The orders of lists of alerts, and the position in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from app.errors import Invalid
from app.models import Alert
from app.store.database.pages import position
from app.store.selection.alert_filters import BEGAN_AT

ALERTS = Alert.__table__.c
SORTS: Mapping[str, tuple[ColumnElement[Any], Sequence[str]]] = {
    "started_at": (BEGAN_AT, ("started_at", "first_seen_at")),
    "last_seen_at": (ALERTS.last_seen_at, ("last_seen_at",)),
}
KNOWN = "severity, started_at, last_seen_at; or `cost` alone; `-` before a name sorts in descending order"


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order."""

    column: ColumnElement[Any]
    is_descending: bool
    names: Sequence[str]
    """Of the first of these that a row has, the column is the value."""

    def value_in(self, row: Mapping[Any, Any]) -> Any:
        """Return the column's value in a row of a list."""
        return next(row[name] for name in self.names if row[name] is not None)

    @property
    def ordered(self) -> ColumnElement[Any]:
        """The column in its direction."""
        return self.column.desc() if self.is_descending else self.column.asc()

    def after(self, value: Any) -> ColumnElement[bool]:
        """Return the condition that the column comes after a value."""
        comes_after: ColumnElement[bool] = self.column < value if self.is_descending else self.column > value
        return comes_after

    def not_before(self, value: Any) -> ColumnElement[bool]:
        """Return the condition that the column comes after a value or is the same."""
        is_not_before: ColumnElement[bool] = self.column <= value if self.is_descending else self.column >= value
        return is_not_before


@dataclass(frozen=True, slots=True)
class AlertOrder:
    """By severity first if `is_severity_descending` is not None, then by a key, and by id among equals."""

    is_severity_descending: bool | None = None
    key: Key | None = None

    @classmethod
    def of(cls, sort: str | None) -> "AlertOrder":
        """Return the order that a text like `-severity,started_at` names; newest first for None. Raises Invalid."""
        names = [] if not sort else sort.split(",")
        severity: bool | None = None
        key: Key | None = None
        for number, name in enumerate(names):
            plain, is_descending = name.strip().removeprefix("-"), name.strip().startswith("-")
            if plain == "severity" and number == 0:
                severity = is_descending
            elif plain in SORTS and key is None:
                column, columns = SORTS[plain]
                key = Key(column, is_descending, columns)
            else:
                raise Invalid("sort", f"Must be `severity`, one of the times, or both in this order: {KNOWN}.")
        return cls(severity, key)

    @property
    def keys(self) -> Sequence[Key]:
        """The columns of the order among alerts of one severity."""
        number = Key(ALERTS.id, self.key is None or self.key.is_descending, ("id",))
        return [number] if self.key is None else [self.key, number]

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The columns whose values are a position, as in the cursor."""
        severity = [] if self.is_severity_descending is None else [ALERTS.severity]
        return [*severity, *(key.column for key in self.keys)]

    def place(self, cursor: str | None) -> list[Any] | None:
        """Return the values at which a cursor stands. Raises Invalid for a cursor of another list."""
        return None if cursor is None else [value.value for value in position(cursor, self.columns)]


def after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a row comes after these values."""
    if len(keys) == 1:
        return keys[0].after(values[0])
    first, number = keys
    is_after = or_(first.after(values[0]), number.after(values[1]))
    # In this form both databases begin in the index at the first value.
    return and_(first.not_before(values[0]), is_after)
