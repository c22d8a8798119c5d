"""The newest alerts that a filter wants, up to a limit: what counts, groups and the timeline are made of.

One statement reads a few columns of each. So the work is bounded, however many alerts there are, and all figures of a
page are of the same moment.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, text

from app.enums import OPEN_STATUSES
from app.models import Alert, AlertLabel, Host, LabelPair
from app.store.database.dialects import is_listed
from app.store.selection.alert_choices import narrowed
from app.store.selection.alert_filters import BEGAN_AT, IS_OPEN, AlertFilter

ALERTS = Alert.__table__.c
LABELS = AlertLabel.__table__.c
PAIRS = LabelPair.__table__.c
HOSTS = Host.__table__.c
MAX_ALERTS = 10_000
COLUMNS = (
    *(ALERTS[name] for name in ("id", "severity", "status", "monitor_id", "source", "host_id", "host", "message")),
    BEGAN_AT.label("began_at"),
)
LAST_CHARACTER = "\U0010ffff"
NAMES = """
WITH RECURSIVE each (name) AS (
    SELECT (SELECT name FROM label_pairs ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT name FROM label_pairs WHERE label_pairs.name > each.name ORDER BY name LIMIT 1) FROM each
    WHERE each.name IS NOT NULL
) SELECT name FROM each WHERE name IS NOT NULL LIMIT :limit"""


def fetch(connection: Connection, wanted: AlertFilter) -> tuple[Sequence[RowMapping], bool]:
    """Return the newest alerts of a filter, up to `MAX_ALERTS`, and whether that is all of them."""
    is_open = [IS_OPEN] if wanted.status and set(wanted.status) <= {*OPEN_STATUSES} else []
    statement = select(*COLUMNS).where(*is_open, *narrowed(connection, wanted))
    rows = connection.execute(statement.order_by(ALERTS.id.desc()).limit(MAX_ALERTS + 1)).mappings().all()
    return rows[:MAX_ALERTS], len(rows) <= MAX_ALERTS


def labels(connection: Connection, alert_ids: Collection[int], name: str | None = None) -> Sequence[tuple[Any, ...]]:
    """Return the ids of these alerts with name and value of each of their labels, or of those of one name."""
    is_one = is_listed(connection, LABELS.alert_id, ",".join(map(str, alert_ids)))
    statement = select(LABELS.alert_id, PAIRS.name, PAIRS.value).join(LabelPair, PAIRS.id == LABELS.pair_id)
    named = statement if name is None else statement.where(PAIRS.name == name)
    return [tuple(row) for row in connection.execute(named.where(is_one))]


def hosts(connection: Connection, host_ids: Collection[int]) -> Mapping[int, RowMapping]:
    """Return names and groups of hosts by id."""
    is_one = is_listed(connection, HOSTS.id, ",".join(map(str, sorted(host_ids))))
    columns = (HOSTS.id, HOSTS.name, HOSTS.display_name, HOSTS.groups)
    return {row["id"]: row for row in connection.execute(select(*columns).where(is_one)).mappings()}


def label_names(connection: Connection, limit: int) -> Sequence[str]:
    """Return the names of the labels that alerts have, by one step in the index for each."""
    return connection.execute(text(NAMES), {"limit": limit}).scalars().all()


def label_values(connection: Connection, name: str, beginning: str, limit: int) -> Sequence[str]:
    """Return values of a label that begin with a text."""
    is_between = (PAIRS.value >= beginning, PAIRS.value <= beginning + LAST_CHARACTER)
    statement = select(PAIRS.value).where(PAIRS.name == name, *is_between).order_by(PAIRS.value).limit(limit)
    return connection.execute(statement).scalars().all()


def host_names(connection: Connection, beginning: str, limit: int) -> Sequence[str]:
    """Return names of hosts that begin with a text."""
    is_between = (HOSTS.name >= beginning, HOSTS.name <= beginning + LAST_CHARACTER)
    statement = select(HOSTS.name).where(*is_between).order_by(HOSTS.name).distinct().limit(limit)
    return connection.execute(statement).scalars().all()
