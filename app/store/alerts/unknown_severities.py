"""Statements on the severities that monitors report and their tables do not have."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, select

from app.models import UnknownSeverity
from app.rules.alert_bounds import MAX_SEVERITY
from app.store.database.dialects import dialect_insert, table_of

UNKNOWN = UnknownSeverity.__table__.c
MAX_WORDS = 100
"""How many words are kept for each monitor: a source that puts an id into its severity must not fill the table."""
OTHERS = "…"
"""The word under which all further words are counted."""


def add(connection: Connection, monitor_id: int, counts: Mapping[str, int], now: datetime) -> None:
    """Count words that a monitor's table does not know. The caller has locked the monitor."""
    if not counts:
        return
    together: dict[str, int] = {}
    known = set(connection.scalars(select(UNKNOWN.word).where(UNKNOWN.monitor_id == monitor_id)))
    for word, count in counts.items():
        short = word.replace("\0", "")[:MAX_SEVERITY]
        if short not in known and len(known) >= MAX_WORDS:
            short = OTHERS
        known.add(short)
        together[short] = together.get(short, 0) + count
    insert = dialect_insert(connection, UnknownSeverity)
    statement = insert.on_conflict_do_update(
        index_elements=[UNKNOWN.monitor_id, UNKNOWN.word],
        set_={"count": UNKNOWN["count"] + insert.excluded["count"], "last_seen_at": insert.excluded.last_seen_at},
    )
    row = {"monitor_id": monitor_id, "first_seen_at": now, "last_seen_at": now}
    connection.execute(statement, [{**row, "word": word, "count": together[word]} for word in sorted(together)])


def fetch(connection: Connection, monitor_id: int) -> Sequence[RowMapping]:
    """Return the unknown words of a monitor, the most frequent ones first."""
    shown = select(UNKNOWN.word, UNKNOWN["count"], UNKNOWN.first_seen_at, UNKNOWN.last_seen_at)
    statement = shown.where(UNKNOWN.monitor_id == monitor_id).order_by(UNKNOWN["count"].desc(), UNKNOWN.word)
    return connection.execute(statement).mappings().all()


def count_by_monitor(connection: Connection, monitor_ids: Collection[int]) -> Mapping[int, int]:
    """Return how many unknown words each of these monitors has; those without any are left out."""
    counted = select(UNKNOWN.monitor_id, func.count()).where(UNKNOWN.monitor_id.in_(monitor_ids))
    return {row[0]: row[1] for row in connection.execute(counted.group_by(UNKNOWN.monitor_id))}


def forget(connection: Connection, monitor_id: int, words: Collection[str]) -> None:
    """Delete words, because the monitor's table knows them now."""
    connection.execute(
        delete(table_of(UnknownSeverity)).where(UNKNOWN.monitor_id == monitor_id, UNKNOWN.word.in_(words))
    )
