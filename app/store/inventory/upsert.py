"""Bulk `INSERT … ON CONFLICT DO UPDATE` of hosts and items, which writes only rows that changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, column, delete, null, or_, select, update
from sqlalchemy import table as named_table

from app.models import Base
from app.store.database.bulk_rows import execute_bulk, stored_moment
from app.store.database.dialects import dialect_of, insert_bulk, table_of


@dataclass(frozen=True, slots=True)
class Inventory:
    """The columns of hosts or items; `own_kinds` are those of each row with their types, as in `input_rows`.

    `followed` columns always take the source's value. An `editable` column takes it only if the source's value changed
    since the last pull, as its `source_` twin shows: otherwise the edit made here stays.
    """

    model: type[Base]
    identity: tuple[str, str]
    editable: tuple[str, ...]
    followed: tuple[str, ...]
    own_kinds: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Upserted:
    """The numbers of new and changed rows, and the ids of both by their owner and external id."""

    created: int
    updated: int
    ids: Mapping[tuple[int, str], int] = field(default_factory=dict, compare=False)


def upsert_inventory(
    connection: Connection, inventory: Inventory, monitor_id: int, rows: Sequence[tuple[Any, ...]], now: datetime
) -> Upserted:
    """Insert or update hosts or items of a monitor from their source. A vanished row becomes active again."""
    if not rows:
        return Upserted(0, 0)
    kinds = {**dict(inventory.own_kinds), "monitor_id": "bigint", "now": "timestamptz"}
    statement = _upsert_statement(connection.dialect.name, inventory)
    # Two pulls of one monitor that lock the same rows in different orders would deadlock on PostgreSQL.
    ordered = sorted(rows)
    written = execute_bulk(connection, statement, kinds, ordered, {"monitor_id": monitor_id, "now": now})
    moment = stored_moment(connection.dialect.name, now)
    created = sum(created_at == moment for _, _, _, created_at in written)
    ids = {(owner, external_id): item_id for item_id, owner, external_id, _ in written}
    return Upserted(created, len(written) - created, ids)


@cache
def _upsert_statement(dialect: str, inventory: Inventory) -> str:
    """Return the statement as text; having SQLAlchemy process each value takes longer than writing it."""
    names = ["monitor_id", *(name for name, _ in inventory.own_kinds)]
    input_rows = named_table("input_rows", *map(column, [*names, "now"])).c
    twins = {name: f"source_{name}" for name in inventory.editable}
    values = {name: input_rows[name] for name in names} | {twin: input_rows[name] for name, twin in twins.items()}
    values |= {"created_at": input_rows.now, "updated_at": input_rows.now}
    insert = insert_bulk(dialect, inventory.model, values)
    excluded, columns = insert.excluded, table_of(inventory.model).c
    compared = [*twins.values(), *inventory.followed]
    changes: dict[str, Any] = {name: excluded[name] for name in compared}
    for name, twin in twins.items():
        is_source_changed = columns[twin].is_distinct_from(excluded[twin])
        changes[name] = case((is_source_changed, excluded[name]), else_=columns[name])
    changes |= {"vanished_at": null(), "updated_at": excluded.updated_at}
    if "archived_at" in columns:
        changes["archived_at"] = null()
    is_changed = or_(
        columns.vanished_at.is_not(None), *(columns[name].is_distinct_from(excluded[name]) for name in compared)
    )
    statement = insert.on_conflict_do_update(index_elements=inventory.identity, set_=changes, where=is_changed)
    returned = statement.returning(columns.id, *(columns[name] for name in inventory.identity), columns.created_at)
    return str(returned.compile(dialect=dialect_of(dialect)))


def take_over(connection: Connection, table: Table, owner: ColumnElement[Any], row_id: int, external_id: str) -> bool:
    """Give a row an external id and delete a younger row that has it; return false if an older row has it."""
    mine = connection.execute(select(owner, table.c.created_at).where(table.c.id == row_id)).one()
    same = (owner == mine[0], table.c.external_id == external_id, table.c.id != row_id)
    other = connection.execute(select(table.c.created_at).where(*same)).scalar_one_or_none()
    if other is not None and other < mine.created_at:
        return False
    connection.execute(delete(table).where(*same))
    connection.execute(update(table).where(table.c.id == row_id).values(external_id=external_id))
    return True
