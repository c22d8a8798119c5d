"""Statements on the identities of hosts."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    column,
    delete,
    exists,
    func,
    select,
    table,
    tuple_,
)

from app.models import Host, HostIdentity, MachineDecline, MachineHost, Monitor
from app.store.database.bulk_rows import execute_bulk
from app.store.database.dialects import dialect_of, insert_bulk, is_listed, table_of
from app.store.inventory.hosts import HOSTS

IDENTITIES = HostIdentity.__table__.c
MONITORS = Monitor.__table__.c
DECLINES = MachineDecline.__table__.c
KINDS = {"kind": "text", "value": "text", "host_id": "bigint"}
SHARED_BY_AT_MOST = 5
"""An identity that more hosts of one monitor have (the address of a proxy) identifies none of them."""
FACTS = (
    *(HOSTS.id, HOSTS.external_id, HOSTS.source_name, HOSTS.source_display_name, HOSTS.ip_addr),
    *(HOSTS.labels, HOSTS.details, MONITORS.type.label("monitor_type")),
)
OF_HOSTS = select(*FACTS).join_from(table_of(Host), table_of(Monitor), MONITORS.id == HOSTS.monitor_id)

ONE, OTHER = table_of(HostIdentity).alias("one"), table_of(HostIdentity).alias("other")
FIRST, SECOND = table_of(Host).alias("first_host"), table_of(Host).alias("second_host")
IDENTITY_BATCH_SIZE = 500

Row = tuple[int, str, str]
"""The id of a host, a kind and a value."""


def facts(connection: Connection, host_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return what the sources say of these hosts that may identify them."""
    statement = OF_HOSTS.where(is_listed(connection, HOSTS.id, ",".join(map(str, host_ids))))
    return connection.execute(statement).mappings().all()


def ids_after(connection: Connection, host_id: int, limit: int) -> list[int]:
    """Return the ids of the next hosts after one."""
    return list(
        connection.execute(select(HOSTS.id).where(HOSTS.id > host_id).order_by(HOSTS.id).limit(limit)).scalars()
    )


def known(connection: Connection, host_ids: Collection[int]) -> set[Row]:
    """Return the stored identities of these hosts."""
    statement = select(IDENTITIES.host_id, IDENTITIES.kind, IDENTITIES.value)
    listed = is_listed(connection, IDENTITIES.host_id, ",".join(map(str, host_ids)))
    return {(row.host_id, row.kind, row.value) for row in connection.execute(statement.where(listed))}


def add(connection: Connection, rows: Iterable[Row]) -> None:
    """Add identities of hosts, in one order, so that two writers do not deadlock on PostgreSQL."""
    values = sorted((kind, value, host_id) for host_id, kind, value in rows)
    if values:
        name = connection.dialect.name
        input_rows = table("input_rows", *map(column, KINDS)).c
        insert = insert_bulk(name, HostIdentity, {each: input_rows[each] for each in KINDS})
        statement = insert.on_conflict_do_nothing()
        execute_bulk(connection, str(statement.compile(dialect=dialect_of(name))), KINDS, values)


def remove(connection: Connection, rows: Iterable[Row]) -> None:
    """Remove identities of hosts; few change at once."""
    by_host: dict[int, list[tuple[str, str]]] = {}
    for host_id, kind, value in rows:
        by_host.setdefault(host_id, []).append((kind, value))
    for host_id, gone in sorted(by_host.items()):
        listed = tuple_(IDENTITIES.kind, IDENTITIES.value).in_(gone)
        connection.execute(delete(table_of(HostIdentity)).where(IDENTITIES.host_id == host_id, listed))


def pairs(connection: Connection, kinds: Collection[str], among: tuple[int, int] | None = None) -> Sequence[RowMapping]:
    """Return which hosts of different monitors have an equal identity: `host_a` < `host_b`, `kind`, `value`.

    Those of hosts that are one machine already are left out, pairs that a person declined, hosts that are gone from
    their source, and identities that too many hosts of one monitor have. `among` is a range of ids of the first host.
    """
    statement = _undecided(_pairs(kinds))
    if among is not None:
        statement = statement.where(ONE.c.host_id.between(*among))
    found = connection.execute(statement).mappings().all()
    wide = _too_wide(connection, {(row["kind"], row["value"]) for row in found})
    return [row for row in found if (row["kind"], row["value"]) not in wide]


def first_hosts(connection: Connection, kinds: Collection[str], after: int, limit: int) -> list[int]:
    """Return the next first hosts of such pairs, from `after` on, which an index finds in their order."""
    statement = _undecided(_pairs(kinds)).with_only_columns(ONE.c.host_id).where(ONE.c.host_id >= after)
    statement = statement.group_by(ONE.c.host_id).order_by(ONE.c.host_id).limit(limit)
    return list(connection.execute(statement).scalars())


def _undecided(statement: Select[Any]) -> Select[Any]:
    mine, its = table_of(MachineHost).alias("mine"), table_of(MachineHost).alias("its")
    is_one = mine.c.machine_id.is_not_distinct_from(its.c.machine_id) & mine.c.machine_id.is_not(None)
    is_declined = exists().where(DECLINES.host_a == ONE.c.host_id, DECLINES.host_b == OTHER.c.host_id)
    return (
        statement.outerjoin(mine, mine.c.host_id == ONE.c.host_id)
        .outerjoin(its, its.c.host_id == OTHER.c.host_id)
        .where(~is_one, ~is_declined.correlate(ONE, OTHER))
    )


def _too_wide(connection: Connection, identities: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of these identities that too many hosts of one monitor have."""
    found: set[tuple[str, str]] = set()
    wanted = sorted(identities)
    for start in range(0, len(wanted), IDENTITY_BATCH_SIZE):
        statement = (
            select(IDENTITIES.kind, IDENTITIES.value)
            .join_from(table_of(HostIdentity), table_of(Host), HOSTS.id == IDENTITIES.host_id)
            .where(tuple_(IDENTITIES.kind, IDENTITIES.value).in_(wanted[start : start + IDENTITY_BATCH_SIZE]))
            .where(HOSTS.vanished_at.is_(None))
            .group_by(IDENTITIES.kind, IDENTITIES.value, HOSTS.monitor_id)
            .having(func.count() > SHARED_BY_AT_MOST)
        )
        found |= {(row.kind, row.value) for row in connection.execute(statement)}
    return found


def _pairs(kinds: Collection[str]) -> Select[Any]:
    is_equal = and_(OTHER.c.kind == ONE.c.kind, OTHER.c.value == ONE.c.value, OTHER.c.host_id > ONE.c.host_id)
    is_of_others = FIRST.c.monitor_id != SECOND.c.monitor_id
    return (
        select(ONE.c.host_id.label("host_a"), OTHER.c.host_id.label("host_b"), ONE.c.kind, ONE.c.value)
        .join_from(ONE, OTHER, is_equal)
        .join(FIRST, FIRST.c.id == ONE.c.host_id)
        .join(SECOND, SECOND.c.id == OTHER.c.host_id)
        .where(ONE.c.kind.in_(list(kinds)), is_of_others)
        .where(FIRST.c.vanished_at.is_(None), SECOND.c.vanished_at.is_(None))
    )
