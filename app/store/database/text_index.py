"""The text index: finds rows that contain a text without reading all of them.

It lags behind the rows: changes wait in `stale_texts` until the leader of recovery updates the index. So a write costs
almost nothing more; a search reads the waiting rows too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    TableClause,
    Text,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
)

from app.models import Alert, Item, StaleText
from app.store.database.dialects import table_of

STALE = StaleText.__table__.c
DUE = select(STALE.id)
ITEMS = Item.__table__.c
ALERTS = Alert.__table__.c
TEXTS: dict[Table, tuple[ColumnElement[str], ...]] = {
    table_of(Item): (ITEMS.name, ITEMS.key, ITEMS.description),
    table_of(Alert): (ALERTS.message, ALERTS.comment, ALERTS.description, ALERTS.host, ALERTS.item),
}
"""The tables that have an index, and the indexed columns."""
INDEXES = {"items": "item_texts", "alerts": "alert_texts"}
# Arbitrary, but nothing else may use it.
ADVISORY_LOCK = 0x74657874
TRIGRAM_LENGTH = 3
"""The index is a trigram index: it knows the position of every three consecutive characters."""
MAX_TRIGRAMS = 16
"""How many trigrams of a long text are looked up; the row itself shows whether the rest matches."""
WAITING_AT_MOST = 2000
WAITING = select(STALE.kind, STALE.row_id).limit(WAITING_AT_MOST + 1)
NUMBERS = {"sqlite": "rowid", "postgresql": "id"}
WORD = re.compile(r"[^\W_]{3,}")
IS_THERE = {
    "sqlite": text("SELECT 1 FROM sqlite_master WHERE name = 'item_texts'"),
    "postgresql": text("SELECT 1 WHERE to_regclass('ix_item_texts_text') IS NOT NULL"),
}


def refresh(connection: Connection, limit: int) -> int:
    """Update the index for up to `limit` waiting rows, and return how many there were."""
    if connection.dialect.name == "postgresql":
        # Without the lock, of two processes that read one row, the one with the older text could write last.
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    oldest = select(STALE.id).order_by(STALE.id).limit(limit).scalar_subquery()
    taken = delete(StaleText).where(STALE.id.in_(oldest)).returning(STALE.kind, STALE.row_id)
    waiting = connection.execute(taken).all()
    for rows, columns in TEXTS.items():
        row_ids = {row.row_id for row in waiting if row.kind == rows.name}
        if row_ids:
            _write(connection, rows, columns, row_ids)
    return len(waiting)


def _write(connection: Connection, rows: Table, columns: Sequence[ColumnElement[str]], row_ids: set[int]) -> None:
    index = _index_of(connection, rows)
    number, content = index.c
    whole: ColumnElement[str] = columns[0]
    for each in columns[1:]:
        whole = whole + "\n" + each
    connection.execute(delete(index).where(number.in_(row_ids)))
    texts = select(rows.c.id, whole).where(rows.c.id.in_(row_ids))
    connection.execute(insert(index).from_select([number.name, content.name], texts))


def _index_of(connection: Connection, rows: Table) -> TableClause:
    return table(INDEXES[rows.name], column(NUMBERS[connection.dialect.name], BigInteger), column("text", Text))


@dataclass(frozen=True, slots=True)
class TextIndex:
    """The rows of a table that may contain a text, according to the index."""

    connection: Connection
    index: TableClause
    holds: ColumnElement[bool]
    stale: Sequence[int]
    """The waiting rows: each may contain the text or not."""

    def ids(self, after: int | None, limit: int, *, descending: bool) -> Sequence[int]:
        """Return up to `limit` ids after `after`, in order, of rows that may contain the text; fewer at the end."""
        number = self.index.c[0]
        statement = select(number).where(self.holds).order_by(number.desc() if descending else number).limit(limit)
        stale = self.stale
        if after is not None:
            statement = statement.where(number < after if descending else number > after)
            stale = [row_id for row_id in stale if (row_id < after if descending else row_id > after)]
        known = self.connection.execute(statement).scalars()
        return sorted({*known, *stale}, reverse=descending)[:limit]


def look_up(connection: Connection, rows: Table, wanted: str) -> TextIndex | None:
    """Look a text up in a table's index; return None if the text is too short or too many rows wait."""
    if rows.name not in INDEXES or len(wanted) < TRIGRAM_LENGTH:
        return None
    if connection.execute(IS_THERE[connection.dialect.name]).first() is None:
        return None
    waiting = connection.execute(WAITING).all()
    if len(waiting) > WAITING_AT_MOST:
        return None
    index = _index_of(connection, rows)
    holds = _holds_sqlite(index, wanted) if connection.dialect.name == "sqlite" else _holds(connection, index, wanted)
    stale = [row.row_id for row in waiting if row.kind == rows.name]
    return None if holds is None else TextIndex(connection, index, holds, stale)


def _holds_sqlite(index: TableClause, wanted: str) -> ColumnElement[bool]:
    trigrams = list(dict.fromkeys(wanted[at : at + TRIGRAM_LENGTH] for at in range(len(wanted) - TRIGRAM_LENGTH + 1)))
    some = trigrams[:: -(-len(trigrams) // MAX_TRIGRAMS)]
    quoted = " ".join('"' + trigram.replace('"', '""') + '"' for trigram in some)
    return column(index.name, Text).op("MATCH", is_comparison=True)(quoted)


def _holds(connection: Connection, index: TableClause, wanted: str) -> ColumnElement[bool] | None:
    """Return the condition for PostgreSQL, whose index knows letters and digits, in some locales only ASCII's."""
    word = max(WORD.findall(wanted), key=len, default="")
    if not connection.execute(select(func.cardinality(func.show_trgm(word)) > 0)).scalar_one():
        return None
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", wanted) + "%"
    # A literal: PostgreSQL must know the text when it decides whether to use the index.
    return index.c.text.ilike(bindparam(None, pattern, literal_execute=True))
