"""Statements that show machines."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, Select, func, or_, select

from app.enums import OPEN_STATUSES
from app.models import Alert, Host, Machine, MachineHost, Monitor
from app.store.database.dialects import is_listed, table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.inventory.hosts import HOSTS
from app.store.machines.members import MACHINES, MEMBERS

ALERTS = Alert.__table__.c
MONITORS = Monitor.__table__.c
COUNTED = (
    select(func.count())
    .join_from(table_of(Alert), table_of(MachineHost), MEMBERS.host_id == ALERTS.host_id)
    .where(MEMBERS.machine_id == MACHINES.id, ALERTS.status.in_(OPEN_STATUSES), ALERTS.suppressed.is_(False))
    .correlate(Machine)
)
WORST = COUNTED.with_only_columns(func.max(ALERTS.severity))
SHOWN = (
    *(MACHINES.id, MACHINES.name, MACHINES.created_at),
    COUNTED.scalar_subquery().label("open_alerts"),
    WORST.scalar_subquery().label("worst_severity"),
)


def find(connection: Connection, machine_id: int) -> RowMapping | None:
    """Return one machine, without its hosts."""
    return connection.execute(select(*SHOWN).where(MACHINES.id == machine_id)).mappings().one_or_none()


def fetch(connection: Connection, page: PageRequest, q: str | None = None, monitor_id: int | None = None) -> Page:
    """Return a page of machines, without their hosts; `q` is text in a name or address of the machine or a host."""
    statement = select(*SHOWN)
    if q is not None:
        columns = (HOSTS.name, HOSTS.display_name, HOSTS.ip_addr)
        found = _with_host().where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
        statement = statement.where(or_(MACHINES.name.icontains(q, autoescape=True), MACHINES.id.in_(found)))
    if monitor_id is not None:
        statement = statement.where(MACHINES.id.in_(_with_host().where(HOSTS.monitor_id == monitor_id)))
    return fetch_page(connection, statement, Keyset({"id": MACHINES.id}), page)


def _with_host() -> Select[tuple[int]]:
    return select(MEMBERS.machine_id).join(Host, HOSTS.id == MEMBERS.host_id)


def hosts_of(connection: Connection, machine_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the hosts of these machines with their monitors and why they belong to them, by `machine_id`."""
    shown = (MEMBERS.machine_id, MEMBERS.way, MEMBERS.reason, MEMBERS.joined_at, *NAMED)
    statement = (
        select(*shown)
        .join_from(table_of(MachineHost), table_of(Host), HOSTS.id == MEMBERS.host_id)
        .join(Monitor, MONITORS.id == HOSTS.monitor_id)
        .where(MEMBERS.machine_id.in_(machine_ids))
        .order_by(MEMBERS.machine_id, HOSTS.id)
    )
    return connection.execute(statement).mappings().all()


def named(connection: Connection, host_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return hosts with their monitors, by `id`."""
    statement = select(*NAMED, MEMBERS.machine_id).join(Monitor, MONITORS.id == HOSTS.monitor_id)
    statement = statement.outerjoin(MachineHost, MEMBERS.host_id == HOSTS.id)
    listed = is_listed(connection, HOSTS.id, ",".join(map(str, host_ids)))
    return connection.execute(statement.where(listed)).mappings().all()


NAMED = (
    *(HOSTS.id, HOSTS.name, HOSTS.display_name, HOSTS.ip_addr, HOSTS.status, HOSTS.monitor_id),
    MONITORS.name.label("monitor_name"),
    MONITORS.type.label("monitor_type"),
)
