"""Bulk `INSERT … ON CONFLICT DO UPDATE` that touches only rows in which something changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, case, delete, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from app.models import Base

Insert = postgresql.Insert | sqlite.Insert


@dataclass(frozen=True, slots=True)
class Upserted:
    """How many rows were new and how many had changed, and those columns of them that were asked for."""

    created: int
    updated: int
    rows: Sequence[RowMapping] = field(default=(), compare=False)


def table_of(model: type[Base]) -> Table:
    """Return a model's table, typed as what it is."""
    return cast(Table, model.__table__)


def dialect_insert(connection: Connection, model: type[Base]) -> Insert:
    """Return the dialect's own INSERT, the one that knows ON CONFLICT."""
    return _insert(connection.dialect.name, model)


def _insert(dialect: str, model: type[Base]) -> Insert:
    table = table_of(model)
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def upsert_inventory(
    connection: Connection,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    identity: tuple[str, ...],
    editable: tuple[str, ...],
    followed: tuple[str, ...],
    now: datetime,
    returned: tuple[str, ...] = (),
) -> Upserted:
    """Insert or update hosts or items from their source.

    `followed` columns take what the source says. An `editable` column does so only when the source itself changed since
    its last pull, which its `source_` twin tells: otherwise the edit made here stays. A row that had vanished is back.
    """
    if not rows:
        return Upserted(0, 0)
    # Two pulls of one monitor that lock the same rows in another order would deadlock on PostgreSQL.
    ordered = sorted(rows, key=lambda row: [row[name] for name in identity])
    stamped = [
        {**row, **{f"source_{name}": row[name] for name in editable}, "created_at": now, "updated_at": now}
        for row in ordered
    ]
    statement = _upsert_statement(connection.dialect.name, model, identity, editable, followed, returned)
    written = connection.execute(statement, stamped).mappings().all()
    created = sum(row["created_at"] == now for row in written)
    return Upserted(created, len(written) - created, written)


@cache
def _upsert_statement(
    dialect: str,
    model: type[Base],
    identity: tuple[str, ...],
    editable: tuple[str, ...],
    followed: tuple[str, ...],
    returned: tuple[str, ...],
) -> ReturningInsert[Any]:
    """Return the statement; building it takes longer than writing a small page."""
    insert = _insert(dialect, model)
    excluded, columns = insert.excluded, table_of(model).c
    twins = {name: f"source_{name}" for name in editable}
    compared = [*twins.values(), *followed]
    changes: dict[str, Any] = {name: excluded[name] for name in compared}
    for name, twin in twins.items():
        is_source_changed = columns[twin].is_distinct_from(excluded[twin])
        changes[name] = case((is_source_changed, excluded[name]), else_=columns[name])
    changes |= {"vanished_at": null(), "updated_at": excluded.updated_at}
    is_changed = or_(
        columns.vanished_at.is_not(None), *(columns[name].is_distinct_from(excluded[name]) for name in compared)
    )
    statement = insert.on_conflict_do_update(index_elements=identity, set_=changes, where=is_changed)
    return statement.returning(columns.created_at, *(columns[name] for name in returned))


def take_over(connection: Connection, table: Table, owner: ColumnElement[Any], row_id: int, external_id: str) -> bool:
    """Give a row an external id; a younger row that has it is deleted. False when an older one has it."""
    mine = connection.execute(select(owner, table.c.created_at).where(table.c.id == row_id)).one()
    same = (owner == mine[0], table.c.external_id == external_id, table.c.id != row_id)
    other = connection.execute(select(table.c.created_at).where(*same)).scalar_one_or_none()
    if other is not None and other < mine.created_at:
        return False
    connection.execute(delete(table).where(*same))
    connection.execute(update(table).where(table.c.id == row_id).values(external_id=external_id))
    return True
