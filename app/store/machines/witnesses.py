"""Statements on alerts that are witnesses of a fault that another alert tells."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import (
    Connection,
    RowMapping,
    bindparam,
    distinct,
    exists,
    func,
    or_,
    select,
    update,
)

from app.enums import OPEN_STATUSES, AlertStatus
from app.models import Alert, MachineHost, Monitor
from app.store.alerts.alerts import ALERTS
from app.store.database.dialects import is_listed, table_of
from app.store.inventory.monitors import MONITORS
from app.store.machines.members import MEMBERS

FIRST = table_of(Alert).alias("first_alert")
IS_OPEN = ALERTS.status.in_(OPEN_STATUSES)
STANDS = exists().where(
    FIRST.c.id == ALERTS.witness_of,
    FIRST.c.status.in_(OPEN_STATUSES),
    # What a person snoozed, they snoozed for all that tell it.
    or_(FIRST.c.suppressed.is_(False), FIRST.c.snoozed_until.is_not(None)),
)
LEFT_ALONE = select(ALERTS.id).where(ALERTS.witness_of.is_not(None), IS_OPEN, ~STANDS.correlate(Alert))
"""The witnesses of alerts that are over, gone or quiet: they must take their places."""
SET = update(table_of(Alert)).where(ALERTS.id == bindparam("alert")).values(witness_of=bindparam("first"))
STANDING = (
    *(ALERTS.id, ALERTS.monitor_id, ALERTS.message, ALERTS.labels, ALERTS.host, ALERTS.severity, ALERTS.suppressed),
    *(ALERTS.silenced_by, ALERTS.snoozed_until, ALERTS.witness_of, MEMBERS.machine_id),
)
SHOWN = (
    *(ALERTS.id.label("alert_id"), ALERTS.monitor_id, MONITORS.name.label("monitor_name"), ALERTS.source),
    *(ALERTS.message, ALERTS.severity, ALERTS.status, ALERTS.host_id, ALERTS.witness_of),
    *(ALERTS.started_at, ALERTS.first_seen_at, ALERTS.resolved_at),
)


def left_alone(connection: Connection, limit: int) -> list[int]:
    """Return some of `LEFT_ALONE`."""
    return list(connection.execute(LEFT_ALONE.limit(limit)).scalars())


def machines_of(connection: Connection, alert_ids: Collection[int]) -> list[int]:
    """Return the machines of these alerts' hosts."""
    statement = (
        select(MEMBERS.machine_id)
        .distinct()
        .join_from(table_of(Alert), table_of(MachineHost), MEMBERS.host_id == ALERTS.host_id)
        .where(is_listed(connection, ALERTS.id, ",".join(map(str, alert_ids))))
    )
    return list(connection.execute(statement).scalars())


def without_machine(connection: Connection, alert_ids: Collection[int]) -> list[int]:
    """Return those of these open alerts that are witnesses, and whose host is part of no machine."""
    of_machine = exists().where(MEMBERS.host_id == ALERTS.host_id).correlate(Alert)
    listed = is_listed(connection, ALERTS.id, ",".join(map(str, alert_ids)))
    statement = select(ALERTS.id).where(listed, IS_OPEN, ALERTS.witness_of.is_not(None), ~of_machine)
    return list(connection.execute(statement).scalars())


def of_hosts(connection: Connection, host_ids: Collection[int]) -> list[int]:
    """Return the open alerts of these hosts."""
    listed = is_listed(connection, ALERTS.host_id, ",".join(map(str, host_ids)))
    return list(connection.execute(select(ALERTS.id).where(listed, IS_OPEN)).scalars())


def standing(connection: Connection, machine_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the open alerts of these machines."""
    statement = (
        select(*STANDING)
        .join_from(table_of(MachineHost), table_of(Alert), ALERTS.host_id == MEMBERS.host_id)
        .where(is_listed(connection, MEMBERS.machine_id, ",".join(map(str, machine_ids))), IS_OPEN)
        .order_by(ALERTS.id)
    )
    return connection.execute(statement).mappings().all()


def seen_by_several(connection: Connection) -> list[int]:
    """Return the machines on which alerts of several monitors count now."""
    statement = (
        select(MEMBERS.machine_id)
        .join_from(table_of(MachineHost), table_of(Alert), ALERTS.host_id == MEMBERS.host_id)
        .where(IS_OPEN, ALERTS.suppressed.is_(False))
        .group_by(MEMBERS.machine_id)
        .having(func.count(distinct(ALERTS.monitor_id)) > 1)
    )
    return list(connection.execute(statement).scalars())


def astray(connection: Connection, limit: int) -> list[int]:
    """Return some witnesses of alerts of another machine, which their hosts no longer share."""
    mine, its = table_of(MachineHost).alias("mine"), table_of(MachineHost).alias("its")
    is_shared = (
        exists()
        .where(FIRST.c.id == ALERTS.witness_of, mine.c.host_id == ALERTS.host_id, its.c.host_id == FIRST.c.host_id)
        .where(mine.c.machine_id == its.c.machine_id)
        .correlate(Alert)
    )
    statement = select(ALERTS.id).where(ALERTS.witness_of.is_not(None), IS_OPEN, ~is_shared)
    return list(connection.execute(statement.limit(limit)).scalars())


def write(connection: Connection, wanted: Mapping[int, int | None]) -> list[int]:
    """Write of which alert others are witnesses; return those written.

    It does not wait for alerts that another transaction holds, which may wait for this one: recovery writes those.
    """
    listed = is_listed(connection, ALERTS.id, ",".join(map(str, wanted)))
    free = select(ALERTS.id).where(listed, IS_OPEN).order_by(ALERTS.id)
    ids = list(connection.execute(free.with_for_update(key_share=True, skip_locked=True)).scalars())
    if ids:
        connection.execute(SET, [{"alert": alert_id, "first": wanted[alert_id]} for alert_id in ids])
    return ids


def still_quiet(connection: Connection, alert_ids: Collection[int]) -> bool:
    """Return whether any of these alerts is suppressed, though it is no witness."""
    listed = is_listed(connection, ALERTS.id, ",".join(map(str, alert_ids)))
    statement = select(ALERTS.id).where(listed, ALERTS.suppressed.is_(True), ALERTS.witness_of.is_(None)).limit(1)
    return connection.execute(statement).first() is not None


def together(connection: Connection, alert_id: int, witness_of: int | None) -> Sequence[RowMapping]:
    """Return the other alerts that tell the same fault as one does, the one that counts first."""
    first = witness_of or alert_id
    # Every status by name, so that the index of witnesses is used.
    listed = select(ALERTS.id).where(ALERTS.witness_of == first, ALERTS.status.in_(tuple(AlertStatus)))
    ids = {first, *connection.execute(listed).scalars()} - {alert_id}
    statement = select(*SHOWN).join_from(table_of(Alert), table_of(Monitor), MONITORS.id == ALERTS.monitor_id)
    order = (ALERTS.witness_of.is_not(None), ALERTS.id)
    return connection.execute(statement.where(ALERTS.id.in_(ids)).order_by(*order)).mappings().all()
