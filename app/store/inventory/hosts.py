"""Statements on hosts."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from json import JSONEncoder
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.enums import InventoryStatus
from app.models import Host, Item
from app.models.hosts import LOCAL_PREFIX
from app.store.database.dialects import table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.search import Search
from app.store.inventory.machine_members import MACHINE_ID, hosts_of_machine
from app.store.inventory.upsert import Inventory, Upserted, take_over, upsert_inventory

HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
# SQLite allows at most 32,766 parameters in a statement.
ID_BATCH_SIZE = 10_000

IS_AT_SOURCE = HOSTS.external_id.not_like(f"{LOCAL_PREFIX}%")

EDITABLE = ("name", "display_name", "description", "enabled")
"""The fields that people may edit here; each has a `source_` twin."""

WRITE_OBJECT = JSONEncoder(sort_keys=True).encode
"""SQLite compares texts, so the same labels must always be the same text."""


class PulledHost(NamedTuple):
    """A source's record of a host, in the column order of the statement that writes it."""

    external_id: str
    name: str
    display_name: str
    description: str
    enabled: bool
    ip_addr: str | None
    source_error: str | None
    groups: Sequence[str]
    labels: Mapping[str, str] = MappingProxyType({})
    details: Mapping[str, Any] = MappingProxyType({})


INVENTORY = Inventory(
    Host,
    identity=("monitor_id", "external_id"),
    editable=EDITABLE,
    followed=("ip_addr", "source_error", "groups", "labels", "details"),
    own_kinds=(
        *((name, "text") for name in ("external_id", "name", "display_name", "description")),
        ("enabled", "boolean"),
        *((name, "text") for name in ("ip_addr", "source_error")),
        *((name, "jsonb") for name in ("groups", "labels", "details")),
    ),
)

SHOWN = (
    HOSTS.id,
    HOSTS.monitor_id,
    HOSTS.external_id,
    HOSTS.name,
    HOSTS.display_name,
    HOSTS.description,
    HOSTS.ip_addr,
    HOSTS.enabled,
    HOSTS.status,
    HOSTS.status_description,
    HOSTS.groups,
    HOSTS.labels,
    HOSTS.details,
    HOSTS.items_error,
    HOSTS.vanished_at,
    HOSTS.archived_at,
    HOSTS.created_at,
    HOSTS.updated_at,
    select(func.count())
    .where(ITEMS.host_id == HOSTS.id, ITEMS.vanished_at.is_(None))
    .correlate(Host.__table__)
    .scalar_subquery()
    .label("item_count"),
    MACHINE_ID,
)


def find(connection: Connection, host_id: int) -> RowMapping | None:
    """Return one host as the API shows it."""
    return connection.execute(select(*SHOWN).where(HOSTS.id == host_id)).mappings().one_or_none()


def fetch(
    connection: Connection,
    page: PageRequest,
    *,
    q: str | None = None,
    monitor_id: int | None = None,
    status: int | None = None,
    group: str | None = None,
    archived: bool = False,
    machine_id: int | None = None,
) -> Page:
    """Return a page of hosts, either those that are archived or the others."""
    statement = select(*SHOWN).where(HOSTS.archived_at.is_not(None) if archived else HOSTS.archived_at.is_(None))
    if machine_id is not None:
        statement = statement.where(HOSTS.id.in_(hosts_of_machine(machine_id)))
    if monitor_id is not None:
        statement = statement.where(HOSTS.monitor_id == monitor_id)
    if status is not None:
        statement = statement.where(HOSTS.status == status)
    if group is not None:
        statement = statement.where(is_in_group(connection, group))
    if q is not None:
        columns = (HOSTS.name, HOSTS.display_name, func.coalesce(HOSTS.ip_addr, ""), HOSTS.description)
        return Search(connection, statement, table_of(Host), q, columns).fetch(page)
    return fetch_page(connection, statement, Keyset({"id": HOSTS.id}), page)


def is_in_group(connection: Connection, group: str) -> ColumnElement[bool]:
    """Return the condition that a host is in a group."""
    if connection.dialect.name == "postgresql":
        return cast(HOSTS.groups, JSONB).contains([group])
    members = func.json_each(HOSTS.groups).table_valued(column("value"))
    return exists(select(members.c.value).where(members.c.value == group))


def names(connection: Connection, host_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these hosts, by id."""
    rows = connection.execute(select(HOSTS.id, HOSTS.display_name).where(HOSTS.id.in_(host_ids)))
    return {row.id: row.display_name for row in rows}


def find_twins(connection: Connection, host_id: int) -> RowMapping | None:
    """Return the source's last values of a host's editable fields, by field name."""
    twins = [HOSTS[f"source_{name}"].label(name) for name in EDITABLE]
    return connection.execute(select(*twins).where(HOSTS.id == host_id)).mappings().one_or_none()


def find_id(connection: Connection, monitor_id: int, *, name: str) -> int | None:
    """Return the id of a monitor's host with this technical name, unless it has vanished from the source."""
    wanted = (HOSTS.monitor_id == monitor_id, HOSTS.name == name, HOSTS.vanished_at.is_(None))
    return connection.execute(select(HOSTS.id).where(*wanted).limit(1)).scalar_one_or_none()


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a host that does not exist at its monitor yet, and return its id."""
    return int(connection.execute(insert(Host).returning(HOSTS.id), row).scalar_one())


def take_external_id(connection: Connection, host_id: int, external_id: str) -> bool:
    """Give a host that was just created at its monitor its external id; return false if an older host has it.

    A pull may have seen the new host first and added a second row: that row is deleted.
    """
    return take_over(connection, table_of(Host), HOSTS.monitor_id, host_id, external_id)


def edit(connection: Connection, host_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a host."""
    connection.execute(update(Host).where(HOSTS.id == host_id).values(values))


def upsert(connection: Connection, monitor_id: int, rows: Sequence[PulledHost], now: datetime) -> Upserted:
    """Write one page of hosts as their source describes them; one whose items could not be read stays in error."""
    errors = items_errors(connection, monitor_id)
    stored = [
        (
            *row[:6],
            row.source_error or errors.get(row.external_id),
            _write_groups(tuple(row.groups)),
            WRITE_OBJECT(dict(row.labels)),
            WRITE_OBJECT(dict(row.details)),
        )
        for row in rows
    ]
    return upsert_inventory(connection, INVENTORY, monitor_id, stored, now)


def items_errors(connection: Connection, monitor_id: int) -> dict[str, str]:
    """Return why the items of hosts could not be read at the last pull, by external id."""
    wanted = (HOSTS.monitor_id == monitor_id, HOSTS.items_error.is_not(None))
    rows = connection.execute(select(HOSTS.external_id, HOSTS.items_error).where(*wanted))
    return {row.external_id: row.items_error for row in rows}


def record_items_errors(
    connection: Connection, monitor_id: int, read: Collection[str], errors: Mapping[str, str], now: datetime
) -> None:
    """Record which of these hosts' items could be read, and why not those of the others, by external id."""
    known = items_errors(connection, monitor_id)
    for external_id in known.keys() & set(read):
        is_this = HOSTS.source_error == known[external_id]
        source_error = case((is_this, null()), else_=HOSTS.source_error)
        _record_items_error(connection, monitor_id, external_id, None, source_error, now)
    for external_id, error in errors.items():
        last = known.get(external_id)
        if last != error:
            is_own = and_(HOSTS.source_error.is_not(None), HOSTS.source_error.is_distinct_from(last))
            source_error = case((is_own, HOSTS.source_error), else_=error)
            _record_items_error(connection, monitor_id, external_id, error, source_error, now)


def _record_items_error(
    connection: Connection,
    monitor_id: int,
    external_id: str,
    error: str | None,
    source_error: ColumnElement[Any],
    now: datetime,
) -> None:
    is_it = (HOSTS.monitor_id == monitor_id, HOSTS.external_id == external_id)
    values = {"items_error": error, "source_error": source_error, "updated_at": now}
    connection.execute(update(Host).where(*is_it).values(values))


@lru_cache(maxsize=1000)
def _write_groups(groups: Sequence[str]) -> str:
    """Return the groups as JSON; many hosts have the same ones."""
    return json.dumps(groups)


def count(connection: Connection, monitor_id: int) -> int:
    """Return the number of a monitor's hosts that exist at the source."""
    statement = select(func.count()).where(HOSTS.monitor_id == monitor_id, HOSTS.vanished_at.is_(None))
    return connection.execute(statement).scalar_one()


def external_ids(connection: Connection, monitor_id: int, host_id: int | None = None) -> list[str]:
    """Return the external ids of one host, or of all of a monitor's hosts that exist at the source, oldest first."""
    statement = select(HOSTS.external_id).where(HOSTS.monitor_id == monitor_id)
    wanted = (HOSTS.vanished_at.is_(None), IS_AT_SOURCE) if host_id is None else (HOSTS.id == host_id,)
    statement = statement.where(*wanted)
    return list(connection.execute(statement.order_by(HOSTS.id)).scalars())


def ids_by_external_id(connection: Connection, monitor_id: int, wanted: Collection[str]) -> dict[str, int]:
    """Return the ids of the monitor's hosts that have one of these external ids."""
    statement = select(HOSTS.external_id, HOSTS.id).where(
        HOSTS.monitor_id == monitor_id, HOSTS.external_id.in_(list(wanted))
    )
    return {row.external_id: row.id for row in connection.execute(statement)}


def lock(connection: Connection, host_ids: Collection[int]) -> set[int]:
    """Make other pulls of these hosts' items, and their deletion, wait until the transaction ends; return which exist.

    SQLite serializes writers anyway.
    """
    statement = select(HOSTS.id).where(HOSTS.id.in_(host_ids)).order_by(HOSTS.id)
    return {*connection.execute(statement.with_for_update(key_share=True)).scalars()}


KNOWN = select(HOSTS.id, HOSTS.external_id).where(
    HOSTS.monitor_id == bindparam("monitor"),
    HOSTS.vanished_at.is_(None),
    HOSTS.created_at <= bindparam("before"),
    IS_AT_SOURCE,
)


def mark_vanished(
    connection: Connection, monitor_id: int, seen: Collection[str], started_at: datetime, now: datetime
) -> int:
    """Mark the hosts that a complete pull did not see as vanished, with their items; return how many.

    A host that was created after the pull began is kept: another pull saw it.
    """
    known = connection.execute(KNOWN, {"monitor": monitor_id, "before": started_at})
    gone = [row.id for row in known if row.external_id not in seen]
    mark_gone(connection, gone, now)
    return len(gone)


def mark_gone(connection: Connection, host_ids: Sequence[int], now: datetime) -> None:
    """Mark hosts and their items as vanished from the source."""
    for start in range(0, len(host_ids), ID_BATCH_SIZE):
        chunk = host_ids[start : start + ID_BATCH_SIZE]
        values = {"vanished_at": now, "updated_at": now}
        # One that was gone before stays gone since then.
        connection.execute(update(Host).where(HOSTS.id.in_(chunk), HOSTS.vanished_at.is_(None)).values(values))
        connection.execute(update(Item).where(ITEMS.host_id.in_(chunk), ITEMS.vanished_at.is_(None)).values(values))


def choices_for_alerts(connection: Connection) -> Sequence[RowMapping]:
    """Return `id`, `monitor_id` and `item_count` of every host that is not inactive, without inactive items."""
    items = (
        select(ITEMS.host_id, func.count().label("item_count"))
        .where(ITEMS.status != InventoryStatus.INACTIVE)
        .group_by(ITEMS.host_id)
        .subquery()
    )
    statement = (
        select(HOSTS.id, HOSTS.monitor_id, func.coalesce(items.c.item_count, 0).label("item_count"))
        .outerjoin(items, items.c.host_id == HOSTS.id)
        .where(HOSTS.status != InventoryStatus.INACTIVE)
        .order_by(HOSTS.id)
    )
    return connection.execute(statement).mappings().all()
