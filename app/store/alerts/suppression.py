"""Statements on the suppression of alerts by maintenance windows and snoozes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.enums import AlertStatus
from app.models import Alert, Host, MaintenanceWindow
from app.models.alerts import SNOOZED
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.syntax import parse
from app.store.alerts.alerts import ALERTS
from app.store.alerts.maintenance import WINDOWS, is_active
from app.store.database.dialects import table_of
from app.store.selection.alert_matches import conditions

HOSTS = Host.__table__.c
DUE = (
    select(WINDOWS.id).where(WINDOWS.is_applied != is_active(bindparam("now"))),
    select(ALERTS.id).where(text(SNOOZED), ALERTS.snoozed_until <= bindparam("now")),
)


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Return whether a window began or ended, or a snooze expired, since suppression was last updated."""
    return any(connection.execute(rows.limit(1), {"now": now}).first() is not None for rows in DUE)


def is_any_active(connection: Connection, now: datetime) -> bool:
    """Return whether any window is active at this time."""
    return connection.execute(select(WINDOWS.id).where(is_active(now)).limit(1)).first() is not None


def mark_applied(connection: Connection, now: datetime) -> None:
    """Record that suppression is up to date for this time."""
    is_current = is_active(now)
    windows = update(MaintenanceWindow).where(WINDOWS.is_applied != is_current).values(is_applied=is_current)
    connection.execute(windows)
    snoozes = update(Alert).where(text(SNOOZED), ALERTS.snoozed_until <= now).values(snoozed_until=None)
    connection.execute(snoozes)


def flip(
    connection: Connection, now: datetime, limit: int, among: Sequence[int] | None = None
) -> tuple[list[RowMapping], list[RowMapping]]:
    """Update the suppression of up to `limit` open alerts; return those now suppressed and those no longer suppressed.

    Each has `id`, `host_id` and `item_id`.
    """
    is_covered = case((_is_covered(connection, now), 1), else_=0)
    wanted = [ALERTS.status != AlertStatus.RESOLVED, cast(ALERTS.suppressed, Integer) != is_covered]
    if among is not None:
        wanted.append(ALERTS.id.in_(among))
    # In the order of their ids, as everywhere that locks several alerts: different orders would deadlock on PostgreSQL.
    some = select(ALERTS.id).where(*wanted).order_by(ALERTS.id).limit(limit).with_for_update(key_share=True)
    ids = list(connection.execute(some).scalars())
    if not ids:
        return [], []
    changed = (
        update(table_of(Alert))
        .where(ALERTS.id.in_(ids), *wanted)
        .values(suppressed=~ALERTS.suppressed)
        .returning(ALERTS.id, ALERTS.host_id, ALERTS.item_id, ALERTS.suppressed)
    )
    rows = connection.execute(changed).mappings().all()
    return [row for row in rows if row["suppressed"]], [row for row in rows if not row["suppressed"]]


def told(connection: Connection, alert_ids: Sequence[int], now: datetime) -> set[int]:
    """Return those of these alerts that people may be told of: not suppressed, or only as witnesses."""
    return {*alert_ids} - hidden(connection, alert_ids, now)


def hidden(connection: Connection, alert_ids: Sequence[int], now: datetime) -> set[int]:
    """Return those of these alerts that are suppressed, and not only as witnesses.

    An alert that fired and ended in one report was never open, and so never marked as suppressed.
    """
    columns = (ALERTS.id, ALERTS.suppressed, ALERTS.witness_of)
    wanted = (ALERTS.id.in_(alert_ids), or_(ALERTS.suppressed.is_(True), ALERTS.status == AlertStatus.RESOLVED))
    rows = connection.execute(select(*columns).where(*wanted)).all()
    marked = {row.id for row in rows if row.suppressed and row.witness_of is None}
    unsure = {row.id for row in rows} - marked
    if not unsure:
        return marked
    quiet = select(ALERTS.id).where(ALERTS.id.in_(unsure), _is_quiet(connection, now))
    return marked | set(connection.execute(quiet).scalars())


def windows_over(connection: Connection, alert_ids: Sequence[int], now: datetime) -> dict[int, RowMapping]:
    """Return by alert the oldest active window that covers it, with `id` and `name`."""
    found: dict[int, RowMapping] = {}
    active = select(WINDOWS.id, WINDOWS.name, WINDOWS.match).where(is_active(now)).order_by(WINDOWS.id)
    for window in connection.execute(active).mappings():
        matchers = parse(window["match"] or "", ALERT_FIELDS)
        left = ALERTS.id.in_({*alert_ids} - found.keys())
        is_covered = (_window(connection, now, WINDOWS.id == window["id"]), *conditions(connection, matchers))
        found |= dict.fromkeys(connection.execute(select(ALERTS.id).where(left, *is_covered)).scalars(), window)
    return found


def _is_covered(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """Return the condition that an alert is suppressed: as a witness, or for another reason."""
    return or_(ALERTS.witness_of.is_not(None), _is_quiet(connection, now))


def _is_quiet(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """Return the condition that an alert is snoozed, silenced at its source, or covered by a window."""
    plain = _window(connection, now, WINDOWS.match.is_(None))
    # The matchers of each window are a condition of their own.
    with_matchers = select(WINDOWS.id, WINDOWS.match).where(is_active(now), WINDOWS.match.is_not(None))
    matching = [
        and_(
            _window(connection, now, WINDOWS.id == window.id),
            *conditions(connection, parse(window.match, ALERT_FIELDS), is_writing=True),
        )
        for window in connection.execute(with_matchers)
    ]
    is_snoozed = func.coalesce(ALERTS.snoozed_until > now, False)
    return or_(is_snoozed, ALERTS.silenced_by.is_not(None), plain, *matching)


def _window(connection: Connection, now: datetime, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that the monitor, host and group of some of the active windows cover an alert."""
    if connection.dialect.name == "postgresql":
        has_group = cast(HOSTS.groups, JSONB).contains(func.jsonb_build_array(WINDOWS.group_name))
    else:
        members = func.json_each(HOSTS.groups).table_valued(column("value"))
        has_group = exists(select(members.c.value).where(members.c.value == WINDOWS.group_name))
    is_in_group = select(HOSTS.id).where(HOSTS.id == ALERTS.host_id, has_group).correlate(Alert, MaintenanceWindow)
    window = (
        select(WINDOWS.id)
        .where(
            which,
            is_active(now),
            or_(WINDOWS.monitor_id.is_(None), WINDOWS.monitor_id == ALERTS.monitor_id),
            or_(WINDOWS.host_id.is_(None), WINDOWS.host_id == ALERTS.host_id),
            or_(WINDOWS.group_name.is_(None), is_in_group.exists()),
        )
        .correlate(Alert)
    )
    return window.exists()
