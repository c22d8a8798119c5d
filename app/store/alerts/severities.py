"""Statements on severities: those that no table knows, and those that a new table changes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, delete, select, update

from app.enums import AlertStatus, Severity
from app.models import Alert, UnknownSeverity
from app.rules.alerts.alert_bounds import MAX_SEVERITY
from app.store.alerts.alerts import ALERTS
from app.store.database.dialects import dialect_insert, table_of
from app.store.selection.alert_filters import IS_LISTED

UNKNOWN = UnknownSeverity.__table__.c
MAX_WORDS = 100
"""How many words are kept for each monitor: a source that puts an id into its severity must not fill the table."""
DERIVED = (ALERTS.id, ALERTS.severity, ALERTS.source_severity, ALERTS.host_id, ALERTS.item_id)
OTHERS = "…"
"""The word under which all further words are counted."""


def add_unknown(connection: Connection, monitor_id: int, counts: Mapping[str, int], now: datetime) -> None:
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


def fetch_unknown(connection: Connection, monitor_id: int) -> Sequence[RowMapping]:
    """Return the unknown words of a monitor, the most frequent ones first."""
    shown = select(UNKNOWN.word, UNKNOWN["count"], UNKNOWN.first_seen_at, UNKNOWN.last_seen_at)
    statement = shown.where(UNKNOWN.monitor_id == monitor_id).order_by(UNKNOWN["count"].desc(), UNKNOWN.word)
    return connection.execute(statement).mappings().all()


def forget_unknown(connection: Connection, monitor_id: int, words: Collection[str]) -> None:
    """Delete words, because the monitor's table knows them now."""
    connection.execute(
        delete(table_of(UnknownSeverity)).where(UNKNOWN.monitor_id == monitor_id, UNKNOWN.word.in_(words))
    )


def some_alerts(
    connection: Connection, monitor_id: int, status: AlertStatus, after: int, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return up to `limit` alerts of a monitor after `after`, in order, and lock them as `alerts.lock` does."""
    wanted = (IS_LISTED, ALERTS.monitor_id == monitor_id, ALERTS.status == status, ALERTS.id > after)
    statement = select(*DERIVED).where(*wanted).order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    return connection.execute(statement).all()


def change_alerts(connection: Connection, alert_ids: Sequence[int], severity: Severity) -> None:
    """Set the severity of alerts."""
    connection.execute(update(table_of(Alert)).where(ALERTS.id.in_(alert_ids)).values(severity=severity))
