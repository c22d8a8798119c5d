"""Statements on the history of the health score."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select

from app.models import ScoreSample
from app.store.database.dialects import dialect_insert
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

SAMPLES = ScoreSample.__table__.c
SHOWN = (SAMPLES.at, SAMPLES.score, SAMPLES.load, SAMPLES.open_alerts)
FLEET = "fleet"


def monitor_scope(monitor_id: int) -> str:
    """Return the name of a monitor's scope."""
    return f"monitor:{monitor_id}"


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the samples that do not exist yet."""
    connection.execute(dialect_insert(connection, ScoreSample).on_conflict_do_nothing(), rows)


def fetch(
    connection: Connection,
    page: PageRequest,
    scope: str,
    *,
    after: datetime | None = None,
    before: datetime | None = None,
) -> Page:
    """Return a page of a scope's samples, newest first."""
    statement = select(*SHOWN).where(SAMPLES.scope == scope)
    if after is not None:
        statement = statement.where(SAMPLES.at > after)
    if before is not None:
        statement = statement.where(SAMPLES.at < before)
    return fetch_page(connection, statement, Keyset({"at": SAMPLES.at}, descending=True), page)


def last_until(connection: Connection, scope: str, at: datetime) -> RowMapping | None:
    """Return a scope's last sample that is not after this time."""
    statement = select(*SHOWN).where(SAMPLES.scope == scope, SAMPLES.at <= at).order_by(SAMPLES.at.desc()).limit(1)
    return connection.execute(statement).mappings().one_or_none()


def first_since(connection: Connection, scope: str, at: datetime) -> RowMapping | None:
    """Return a scope's first sample at this time or later."""
    statement = select(*SHOWN).where(SAMPLES.scope == scope, SAMPLES.at >= at).order_by(SAMPLES.at).limit(1)
    return connection.execute(statement).mappings().one_or_none()


def forget(connection: Connection, scope: str) -> None:
    """Delete a scope's samples: a new monitor may get the id of a deleted one."""
    connection.execute(delete(ScoreSample).where(SAMPLES.scope == scope))


def prune(connection: Connection, before: datetime) -> None:
    """Delete the samples before a time."""
    connection.execute(delete(ScoreSample).where(SAMPLES.at < before))
