"""Statements on open alerts that their sources no longer confirm."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select, update

from app.enums import OPEN_STATUSES, AlertStatus, QuietKind, Resolution
from app.models import Alert
from app.rules.liveness.confirmations import REPEATING_SOURCES, UNCONFIRMED_SOURCES, Confirmed
from app.store.alerts.alerts import ALERTS
from app.store.database.dialects import table_of
from app.store.selection.alert_filters import IS_LISTED

TOUCHED = (ALERTS.id, ALERTS.host_id, ALERTS.item_id)


def is_unconfirmed(monitor_ids: Sequence[int], confirmed: Confirmed) -> list[ColumnElement[bool]]:
    """Return the conditions for open alerts to become stale now; none if it is too early to say."""
    was_pulled = ALERTS.pulled_at.is_not(None) if confirmed.is_pulled else None
    others = [] if was_pulled is None else [ALERTS.pulled_at.is_(None)]
    # Alertmanager does not repeat what is silenced, so only a pull can confirm it. Nobody silences a watchdog.
    is_repeated = or_(ALERTS.silenced_by.is_(None), ALERTS.silenced_by["kind"].as_string() == QuietKind.WATCHDOG)
    repeats = ALERTS.source.in_(REPEATING_SOURCES)
    late: list[ColumnElement[bool]] = []
    if confirmed.pulled is not None and was_pulled is not None:
        late.append(and_(was_pulled, ALERTS.last_seen_at < confirmed.pulled, ALERTS.pulled_at < confirmed.pulled))
    if confirmed.repeated is not None:
        late.append(and_(*others, is_repeated, repeats, ALERTS.last_seen_at < confirmed.repeated))
    if confirmed.posted is not None:
        late.append(and_(*others, is_repeated, ~repeats, ALERTS.last_seen_at < confirmed.posted))
    if not late:
        return []
    named = ALERTS.source.not_in(UNCONFIRMED_SOURCES)
    return [*_open_of(monitor_ids), ALERTS.is_stale.is_(False), named, or_(*late)]


def is_kept_open(monitor_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    """Return the conditions for stale alerts of which a pull said since that they are not over."""
    return [*_open_of(monitor_ids), ALERTS.is_stale.is_(True), ALERTS.pulled_at > ALERTS.stale_since]


def is_overdue(monitor_ids: Sequence[int], stale_before: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions for alerts that have been stale since before a time."""
    return [*_open_of(monitor_ids), ALERTS.is_stale.is_(True), ALERTS.stale_since <= stale_before]


def find(connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int) -> dict[int, int]:
    """Return the monitors of some alerts that meet these conditions, by the alerts' ids."""
    # Without an order: in that of the ids, an index without the status would read all alerts of the monitors.
    found = select(ALERTS.id, ALERTS.monitor_id).where(*conditions).limit(limit)
    return {row.id: row.monitor_id for row in connection.execute(found)}


def mark(
    connection: Connection, alert_ids: Sequence[int], conditions: Sequence[ColumnElement[bool]], now: datetime
) -> Sequence[RowMapping]:
    """Mark those of these alerts as stale that still meet the conditions; return `id`, `host_id`, `item_id` of each."""
    return _change(connection, alert_ids, conditions, {"is_stale": True, "stale_since": now})


def confirm(
    connection: Connection, alert_ids: Sequence[int], conditions: Sequence[ColumnElement[bool]]
) -> Sequence[RowMapping]:
    """Mark those of these alerts as no longer stale that still meet the conditions; return them as `mark` does."""
    return _change(connection, alert_ids, conditions, {"is_stale": False})


def resolve(
    connection: Connection, alert_ids: Sequence[int], conditions: Sequence[ColumnElement[bool]], now: datetime
) -> Sequence[RowMapping]:
    """Resolve those of these alerts that still meet the conditions; return `id`, `host_id` and `item_id` of each."""
    ended = {"status": AlertStatus.RESOLVED, "resolved_at": now, "resolution": Resolution.STALE, "is_stale": False}
    return _change(connection, alert_ids, conditions, ended)


def count(connection: Connection) -> int:
    """Return how many open alerts are stale."""
    wanted = (IS_LISTED, ALERTS.status.in_(OPEN_STATUSES), ALERTS.is_stale.is_(True))
    return connection.execute(select(func.count()).select_from(Alert).where(*wanted)).scalar_one()


def _open_of(monitor_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    return [IS_LISTED, ALERTS.monitor_id.in_(monitor_ids), ALERTS.status.in_(OPEN_STATUSES)]


def _change(
    connection: Connection,
    alert_ids: Sequence[int],
    conditions: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
) -> Sequence[RowMapping]:
    # In the order of their ids, as everywhere that locks several alerts: different orders would deadlock on PostgreSQL.
    locking = select(ALERTS.id).where(ALERTS.id.in_(alert_ids)).order_by(ALERTS.id).with_for_update(key_share=True)
    connection.execute(locking)
    changed = update(table_of(Alert)).where(ALERTS.id.in_(alert_ids), *conditions).values(values)
    return connection.execute(changed.returning(*TOUCHED)).mappings().all()
