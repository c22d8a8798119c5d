"""The filters of alerts, the same for lists and bulk actions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select

from app.enums import Severity
from app.models import Alert, Host, MachineHost
from app.models.alerts import LISTED, OPEN
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.matcher import Matchers
from app.rules.matchers.syntax import parse
from app.store.database.index_hints import unindexed
from app.store.database.search import matches
from app.store.selection import alert_matches

ALERTS = Alert.__table__.c
HOSTS = Host.__table__.c
MEMBERS = MachineHost.__table__.c
TEXTS = (ALERTS.message, ALERTS.comment, ALERTS.description, ALERTS.host, ALERTS.item)
BEGAN_AT: ColumnElement[datetime] = func.coalesce(ALERTS.started_at, ALERTS.first_seen_at)
# Literal and untyped: SQLAlchemy would write a Boolean condition as `= 1` on SQLite, which does not match the index.
IS_LISTED: ColumnElement[Any] = literal_column(f"alerts.{LISTED}")
IS_OPEN: ColumnElement[Any] = literal_column(f"alerts.{OPEN}")
# Repeated as a column, so that SQLite recognizes that the index applies.
IS_SUPPRESSED: tuple[ColumnElement[Any], ...] = (literal_column("alerts.suppressed"), ALERTS.suppressed.is_(True))
COLUMNS = ("host_id", "status", "source", "monitor_id", "severity")
"""Filters that are columns with an index of their own, usually those first that leave the fewest alerts."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What alerts are wanted; a filter that is None or empty wants all."""

    q: str | None = None
    host_id: Collection[int] = ()
    machine_id: int | None = None
    monitor_id: Collection[int] = ()
    source: Collection[str] = ()
    status: Collection[int] = ()
    severity: Collection[int] = ()
    host: str | None = None
    """The name that the source reported, or the name or the display name of the host in the inventory."""
    suppressed: bool | None = None
    stale: bool | None = None
    silenced: bool | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    last_seen_after: datetime | None = None
    last_seen_before: datetime | None = None
    resolved_after: datetime | None = None
    resolved_before: datetime | None = None
    match: Matchers = ()

    @classmethod
    def of(cls, *, min_severity: int | None = None, match: str | Collection[str] = (), **given: Any) -> Self:
        """Return the filter for what a request gives; one value may stand for several. Raises InvalidMatcher."""
        texts = [match] if isinstance(match, str) else match
        wanted = {name: value for name, value in given.items() if value is not None}
        for name in COLUMNS:
            if name in wanted:
                wanted[name] = _several(wanted[name])
        if min_severity is not None:
            chosen = wanted.get("severity") or tuple(map(int, Severity))
            wanted["severity"] = tuple(each for each in chosen if each >= min_severity) or (-1,)
        return cls(**wanted, match=tuple(matcher for text in texts for matcher in parse(text, ALERT_FIELDS)))

    @property
    def is_empty(self) -> bool:
        """Whether it wants all alerts."""
        return not any(getattr(self, each.name) not in (None, ()) for each in fields(self))


def conditions(
    connection: Connection, wanted: AlertFilter, leading: Collection[str] = (), *, is_writing: bool = False
) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter; only those in `leading` may use the index of their column."""
    found: list[ColumnElement[bool]] = [IS_LISTED]
    for name in COLUMNS:
        values = getattr(wanted, name)
        column = ALERTS[name] if name in leading else unindexed(ALERTS[name])
        if values:
            found.append(column == next(iter(values)) if len(values) == 1 else column.in_(values))
    found += [*_states(wanted, leading), *_times(wanted)]
    if wanted.machine_id is not None:
        found.append(ALERTS.host_id.in_(select(MEMBERS.host_id).where(MEMBERS.machine_id == wanted.machine_id)))
    if wanted.host is not None:
        named = select(HOSTS.id).where(or_(HOSTS.name == wanted.host, HOSTS.display_name == wanted.host))
        found.append(or_(ALERTS.host == wanted.host, ALERTS.host_id.in_(named)))
    found += alert_matches.conditions(connection, wanted.match, is_writing=is_writing)
    return found if wanted.q is None else [*found, matches(wanted.q, *TEXTS)]


def _states(wanted: AlertFilter, leading: Collection[str]) -> list[ColumnElement[Any]]:
    found: list[ColumnElement[Any]] = []
    if wanted.suppressed and "suppressed" in leading:
        found += IS_SUPPRESSED
    elif wanted.suppressed is not None:
        found.append(unindexed(ALERTS.suppressed).is_(wanted.suppressed))
    if wanted.stale is not None:
        found.append(ALERTS.is_stale.is_(wanted.stale))
    if wanted.silenced is not None:
        found.append(ALERTS.silenced_by.is_not(None) if wanted.silenced else ALERTS.silenced_by.is_(None))
    return found


def _times(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    columns: Mapping[str, ColumnElement[Any]] = {
        "started": BEGAN_AT,
        "last_seen": ALERTS.last_seen_at,
        "resolved": ALERTS.resolved_at,
    }
    found: list[ColumnElement[bool]] = []
    for name, column in columns.items():
        after, before = getattr(wanted, f"{name}_after"), getattr(wanted, f"{name}_before")
        found += [] if after is None else [column >= after]
        found += [] if before is None else [column < before]
    return found


def _several(value: Any) -> tuple[Any, ...]:
    is_one = isinstance(value, int | str)
    return (value,) if is_one else tuple(dict.fromkeys(value))
