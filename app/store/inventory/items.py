"""Statements on items."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, insert, select, update

from app.enums import InventoryStatus
from app.models import Item
from app.models.hosts import LOCAL_PREFIX
from app.store.database.dialects import table_of
from app.store.database.index_hints import unindexed
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.database.search import Search
from app.store.inventory.hosts import HOSTS, ID_BATCH_SIZE
from app.store.inventory.machine_members import hosts_of_machine
from app.store.inventory.upsert import take_over

ITEMS = Item.__table__.c

IS_AT_SOURCE = ITEMS.external_id.not_like(f"{LOCAL_PREFIX}%")

EDITABLE = ("name", "description", "interval", "units", "enabled")
"""The fields that people may edit here; each has a `source_` twin."""

SHOWN = (
    ITEMS.id,
    ITEMS.host_id,
    ITEMS.monitor_id,
    ITEMS.external_id,
    ITEMS.name,
    ITEMS.key,
    ITEMS.description,
    ITEMS.interval,
    ITEMS.units,
    ITEMS.value,
    ITEMS.value_text,
    ITEMS.raw_name,
    ITEMS.value_type,
    ITEMS.value_at,
    ITEMS.enabled,
    ITEMS.status,
    ITEMS.status_description,
    ITEMS.created_at,
    ITEMS.updated_at,
)


def find(connection: Connection, item_id: int) -> RowMapping | None:
    """Return one item as the API shows it."""
    return connection.execute(select(*SHOWN).where(ITEMS.id == item_id)).mappings().one_or_none()


def fetch(
    connection: Connection,
    page: PageRequest,
    *,
    q: str | None = None,
    host_id: int | None = None,
    monitor_id: int | None = None,
    status: int | None = None,
    machine_id: int | None = None,
) -> Page:
    """Return a page of items; those of archived hosts only with `host_id`."""
    statement = select(*SHOWN)
    if machine_id is not None:
        statement = statement.where(ITEMS.host_id.in_(hosts_of_machine(machine_id)))
    if host_id is not None:
        statement = statement.where(ITEMS.host_id == host_id)
    else:
        statement = statement.where(~exists().where(HOSTS.id == ITEMS.host_id, HOSTS.archived_at.is_not(None)))
    # A host has few items.
    is_narrow = host_id is not None or machine_id is not None
    if monitor_id is not None:
        statement = statement.where((unindexed(ITEMS.monitor_id) if is_narrow else ITEMS.monitor_id) == monitor_id)
    if status is not None:
        statement = statement.where((unindexed(ITEMS.status) if is_narrow else ITEMS.status) == status)
    if q is not None:
        return Search(connection, statement, table_of(Item), q, (ITEMS.name, ITEMS.key, ITEMS.description)).fetch(page)
    return fetch_page(connection, statement, Keyset({"id": ITEMS.id}), page)


def names(connection: Connection, item_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these items, by id."""
    rows = connection.execute(select(ITEMS.id, ITEMS.name).where(ITEMS.id.in_(item_ids)))
    return {row.id: row.name for row in rows}


def find_twins(connection: Connection, item_id: int) -> RowMapping | None:
    """Return the source's last values of an item's editable fields, by field name."""
    twins = [ITEMS[f"source_{name}"].label(name) for name in EDITABLE]
    return connection.execute(select(*twins).where(ITEMS.id == item_id)).mappings().one_or_none()


def find_id(connection: Connection, host_id: int, *, key: str) -> int | None:
    """Return the id of a host's item with this key, unless it has vanished from the source."""
    wanted = (ITEMS.host_id == host_id, ITEMS.key == key, ITEMS.vanished_at.is_(None))
    return connection.execute(select(ITEMS.id).where(*wanted).limit(1)).scalar_one_or_none()


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add an item that does not exist at its monitor yet, and return its id."""
    return int(connection.execute(insert(Item).returning(ITEMS.id), row).scalar_one())


def take_external_id(connection: Connection, item_id: int, external_id: str) -> bool:
    """Give an item that was just created at its monitor its external id; return false if an older item has it."""
    return take_over(connection, table_of(Item), ITEMS.host_id, item_id, external_id)


def edit(connection: Connection, item_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of an item."""
    connection.execute(update(Item).where(ITEMS.id == item_id).values(values))


def mark_gone(connection: Connection, item_ids: Sequence[int], now: datetime) -> None:
    """Mark items as vanished from the source."""
    values = {"vanished_at": now, "updated_at": now}
    for start in range(0, len(item_ids), ID_BATCH_SIZE):
        chunk = item_ids[start : start + ID_BATCH_SIZE]
        connection.execute(update(Item).where(ITEMS.id.in_(chunk)).values(values))


def active_ids_by_host(connection: Connection, host_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the ids of each host's items that are not inactive, in order."""
    ids: dict[int, list[int]] = {}
    wanted = sorted(set(host_ids))
    for start in range(0, len(wanted), ID_BATCH_SIZE):
        statement = select(ITEMS.host_id, ITEMS.id).where(
            ITEMS.host_id.in_(wanted[start : start + ID_BATCH_SIZE]), ITEMS.status != InventoryStatus.INACTIVE
        )
        for row in connection.execute(statement.order_by(ITEMS.host_id, ITEMS.id)):
            ids.setdefault(row.host_id, []).append(row.id)
    return ids
