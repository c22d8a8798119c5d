"""Ids of alerts in the order of a list, from the index that leaves the fewest: candidates, which may not all match."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from app.models import AlertLabel, Host
from app.store.database.dialects import is_listed
from app.store.selection.alert_filters import ALERTS, COLUMNS, IS_LISTED, IS_SUPPRESSED, AlertFilter
from app.store.selection.label_matches import ids_of

LABELS = AlertLabel.__table__.c
HOSTS = Host.__table__.c
FEW = 2000
"""So many alerts are read and sorted at once."""
COUNTED = 10_001
MOST_STREAMS = 20


@dataclass(frozen=True, slots=True)
class Lead:
    """One condition with an index: how many alerts it leaves, and these alerts in the order of their ids.

    `streams` are statements that select ids from an index, each in order; together they have each id once.
    """

    size: int
    streams: Sequence[Select[Any]]
    number: ColumnElement[int]
    names: Sequence[str] = field(default=())
    """The filters that it is about."""
    is_complete: bool = False
    """Whether it is all that the filter wants."""


def best_lead(connection: Connection, wanted: AlertFilter) -> Lead | None:
    """Return the condition that leaves the fewest alerts; None if there is none with an index."""
    leads = [*_of_labels(connection, wanted), *_of_columns(connection, wanted), *_of_host(connection, wanted)]
    return min(leads, key=lambda lead: lead.size, default=None)


def _of_labels(connection: Connection, wanted: AlertFilter) -> Sequence[Lead]:
    leads = []
    for matcher in wanted.match:
        ids = None if matcher.is_field else ids_of(connection, matcher, is_writing=False)
        if ids is None:
            continue
        statement = select(LABELS.alert_id.label("id"))
        some = statement.where(is_listed(connection, LABELS.pair_id, ids.text)) if ids.count != 1 else None
        streams = (
            [statement.where(LABELS.pair_id == pair_id) for pair_id in ids]
            if ids.count <= MOST_STREAMS
            else []
            if some is None
            else [some]
        )
        size = _size(connection, streams)
        if ids.count <= MOST_STREAMS or size <= FEW:
            leads.append(Lead(size, streams, LABELS.alert_id, is_complete=_is_only(wanted, "match", 1)))
    return leads


def _of_columns(connection: Connection, wanted: AlertFilter) -> Sequence[Lead]:
    leads = []
    for name in COLUMNS:
        values = getattr(wanted, name)
        if values and len(values) <= MOST_STREAMS:
            statement = select(ALERTS.id).where(IS_LISTED)
            streams = [statement.where(ALERTS[name] == value) for value in values]
            leads.append(Lead(_size(connection, streams), streams, ALERTS.id, [name], _is_only(wanted, name, None)))
    if wanted.suppressed:
        streams = [select(ALERTS.id).where(*IS_SUPPRESSED)]
        is_only = _is_only(wanted, "suppressed", None)
        leads.append(Lead(_size(connection, streams), streams, ALERTS.id, ["suppressed"], is_only))
    return leads


def _of_host(connection: Connection, wanted: AlertFilter) -> Sequence[Lead]:
    if wanted.host is None:
        return []
    named = select(HOSTS.id).where(or_(HOSTS.name == wanted.host, HOSTS.display_name == wanted.host))
    host_ids = connection.execute(named.limit(MOST_STREAMS + 1)).scalars().all()
    if len(host_ids) > MOST_STREAMS:
        return []
    is_reported = ALERTS.host == wanted.host
    linked = [select(ALERTS.id).where(ALERTS.host_id == host_id, ~is_reported) for host_id in host_ids]
    streams = [select(ALERTS.id).where(IS_LISTED, is_reported), *linked]
    return [Lead(_size(connection, streams), streams, ALERTS.id, ["host"], _is_only(wanted, "host", None))]


def _size(connection: Connection, streams: Sequence[Select[Any]]) -> int:
    """Return how many alerts there are, up to a limit."""
    size = 0
    for stream in streams:
        size += connection.execute(select(func.count()).select_from(stream.limit(COUNTED).subquery())).scalar_one()
        if size >= COUNTED:
            break
    return size


def _is_only(wanted: AlertFilter, name: str, count: int | None) -> bool:
    rest = {each: getattr(wanted, each) for each in wanted.__slots__ if each != name}
    is_alone = all(value is None or value == () for value in rest.values())
    return is_alone and (count is None or len(getattr(wanted, name)) == count)
