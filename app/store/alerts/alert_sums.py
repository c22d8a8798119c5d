"""Statements on the sums that the database keeps of the alerts, which make scores independent of their number."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, literal, select, tuple_

from app.enums import AlertStatus, Severity
from app.models import AlertSum
from app.models.alert_sums import BUCKET_MS
from app.models.item_values import EPOCH, MILLISECOND
from app.rules.alerts.scores import AlertSums
from app.store.database.dialects import dialect_insert, table_of

SUMS = AlertSum.__table__.c
KEY = (SUMS.status, SUMS.bucket, SUMS.monitor_id, SUMS.severity, SUMS.slot)
PART_BATCH_SIZE = 1000
OPEN = {AlertStatus.ACTIVE: "active", AlertStatus.ACKNOWLEDGED: "acknowledged"}
Found = dict[tuple[int | None, Severity], AlertSums]
"""By monitor, or None for all together, and severity."""


def first_whole_bucket(start: datetime) -> datetime:
    """Return the start of the first bucket that lies entirely after `start`."""
    bucket = (start - EPOCH) // MILLISECOND // BUCKET_MS + 1
    return datetime.fromtimestamp(bucket * BUCKET_MS / 1000, UTC)


def fetch(
    connection: Connection, start: datetime, length_s: float, *, monitor_id: int | None, by_monitor: bool
) -> Found:
    """Return the sums of open alerts, and of those resolved from the first whole bucket after `start` on.

    An alert whose resolution lies in the future has a `freshness` above 1.
    """
    start_ms = (start - EPOCH) // MILLISECOND
    monitor: ColumnElement[Any] = SUMS.monitor_id if by_monitor else literal(None)
    after_start = SUMS.ms + SUMS.count * (SUMS.bucket * BUCKET_MS - start_ms)
    is_wanted = [SUMS.monitor_id == monitor_id] if monitor_id is not None else []
    columns = (monitor.label("monitor_id"), SUMS.severity, SUMS.status, func.sum(SUMS.count).label("count"))
    groups = (SUMS.monitor_id, SUMS.severity, SUMS.status) if by_monitor else (SUMS.severity, SUMS.status)
    open_ = select(*columns, literal(0).label("ms")).where(SUMS.status.in_(OPEN), *is_wanted).group_by(*groups)
    resolved = (
        select(*columns, func.sum(after_start).label("ms"))
        .where(SUMS.status == AlertStatus.RESOLVED, SUMS.bucket > start_ms // BUCKET_MS, *is_wanted)
        .group_by(*groups)
    )
    found: Found = {}
    for row in (*connection.execute(open_), *connection.execute(resolved)):
        key, count = (row.monitor_id, Severity(row.severity)), int(row.count)
        is_open = row.status in OPEN
        freshness = float(row.ms) / (length_s * 1000)
        sums = AlertSums(**{OPEN[row.status]: count}) if is_open else AlertSums(resolved=count, freshness=freshness)
        found[key] = found.get(key, AlertSums()) + sums
    return found


def merge_parts(connection: Connection) -> int:
    """Merge some of the partial sums that connections wrote, and delete empty sums; return how many were merged.

    Partial sums of a connection with an open transaction are skipped rather than waited for.
    """
    parts = select(*KEY).where(SUMS.slot != 0).limit(PART_BATCH_SIZE).with_for_update(skip_locked=True)
    keys = [tuple(row) for row in connection.execute(parts)]
    if keys:
        gone = delete(table_of(AlertSum)).where(tuple_(*KEY).in_(keys)).returning(*SUMS)
        _add(connection, [row._asdict() for row in connection.execute(gone)])
    connection.execute(delete(table_of(AlertSum)).where(SUMS.slot == 0, SUMS.count == 0, SUMS.ms == 0))
    return len(keys)


def _add(connection: Connection, parts: list[dict[str, Any]]) -> None:
    together: dict[tuple[int, ...], Mapping[str, int]] = {}
    for part in parts:
        key = (part["status"], part["bucket"], part["monitor_id"], part["severity"])
        before = together.get(key, {"count": 0, "ms": 0})
        sums = {name: before[name] + part[name] for name in ("count", "ms")}
        together[key] = {**part, "slot": 0, **sums}
    insert = dialect_insert(connection, AlertSum)
    added = {name: SUMS[name] + insert.excluded[name] for name in ("count", "ms")}
    statement = insert.on_conflict_do_update(index_elements=KEY, set_=added)
    connection.execute(statement, [together[key] for key in sorted(together)])
