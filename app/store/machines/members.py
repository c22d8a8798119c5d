"""Statements on which hosts are part of which machine."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from app.models import Machine, MachineDecline, MachineHost
from app.store.database.dialects import dialect_insert, is_listed

MACHINES = Machine.__table__.c
MEMBERS = MachineHost.__table__.c
DECLINES = MachineDecline.__table__.c

Pair = tuple[int, int]
"""The ids of two hosts, the lower one first."""


def pair_of(one: int, other: int) -> Pair:
    """Return a pair in its order."""
    return min(one, other), max(one, other)


def lock(connection: Connection, machine_ids: Collection[int]) -> set[int]:
    """Lock machines in the order of their ids and return those that exist; SQLite serializes writers anyway."""
    statement = select(MACHINES.id).where(_is_any(connection, MACHINES.id, machine_ids)).order_by(MACHINES.id)
    return set(connection.execute(statement.with_for_update(key_share=True)).scalars())


def lock_of_hosts(connection: Connection, host_ids: Collection[int]) -> None:
    """Lock the machines of these hosts."""
    of_hosts = select(MEMBERS.machine_id).where(_is_any(connection, MEMBERS.host_id, host_ids))
    statement = select(MACHINES.id).where(MACHINES.id.in_(of_hosts)).order_by(MACHINES.id)
    connection.execute(statement.with_for_update(key_share=True))


def machine_ids(connection: Connection, host_ids: Collection[int]) -> dict[int, int]:
    """Return the machines of these hosts, by host."""
    wanted = _is_any(connection, MEMBERS.host_id, host_ids)
    rows = connection.execute(select(MEMBERS.host_id, MEMBERS.machine_id).where(wanted))
    return {row.host_id: row.machine_id for row in rows}


def host_ids(connection: Connection, machine_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the hosts of these machines, by machine."""
    wanted = _is_any(connection, MEMBERS.machine_id, machine_ids)
    found: dict[int, list[int]] = {}
    for row in connection.execute(select(MEMBERS.machine_id, MEMBERS.host_id).where(wanted).order_by(MEMBERS.host_id)):
        found.setdefault(row.machine_id, []).append(row.host_id)
    return found


def add_machine(connection: Connection, name: str, now: datetime) -> int:
    """Add a machine without hosts and return its id."""
    row = {"name": name, "created_at": now}
    return int(connection.execute(insert(Machine).returning(MACHINES.id), row).scalar_one())


def rename(connection: Connection, machine_id: int, name: str) -> None:
    """Give a machine another name."""
    connection.execute(update(Machine).where(MACHINES.id == machine_id).values(name=name))


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make hosts part of machines, whatever they were part of before."""
    if rows:
        upsert = dialect_insert(connection, MachineHost)
        changes = {name: upsert.excluded[name] for name in ("machine_id", "way", "reason", "joined_at")}
        statement = upsert.on_conflict_do_update(index_elements=["host_id"], set_=changes)
        connection.execute(statement, sorted(rows, key=lambda row: row["host_id"]))


def move(connection: Connection, from_ids: Collection[int], to_id: int) -> None:
    """Make the hosts of some machines part of another one."""
    statement = update(MachineHost).where(MEMBERS.machine_id.in_(from_ids))
    connection.execute(statement.values(machine_id=to_id))


def remove_hosts(connection: Connection, host_ids: Collection[int]) -> None:
    """Make hosts part of no machine."""
    connection.execute(delete(MachineHost).where(_is_any(connection, MEMBERS.host_id, host_ids)))


def remove_machines(connection: Connection, machine_ids: Collection[int]) -> None:
    """Delete machines; their hosts are part of none."""
    connection.execute(delete(Machine).where(MACHINES.id.in_(machine_ids)))


def too_small(connection: Connection, limit: int) -> list[int]:
    """Return some machines that have fewer than two hosts."""
    statement = select(MACHINES.id).outerjoin(MachineHost, MEMBERS.machine_id == MACHINES.id).group_by(MACHINES.id)
    return list(connection.execute(statement.having(func.count(MEMBERS.host_id) < 2).limit(limit)).scalars())


def decline(connection: Connection, pairs: Iterable[Pair], username: str, now: datetime) -> None:
    """Remember that these hosts are not one machine."""
    rows = [{"host_a": a, "host_b": b, "username": username, "declined_at": now} for a, b in sorted(pairs)]
    if rows:
        connection.execute(dialect_insert(connection, MachineDecline).on_conflict_do_nothing(), rows)


def forget_declines(connection: Connection, pairs: Iterable[Pair]) -> None:
    """Forget that these hosts are not one machine."""
    for a, b in sorted(pairs):
        connection.execute(delete(MachineDecline).where(DECLINES.host_a == a, DECLINES.host_b == b))


def declined(connection: Connection, host_ids: Collection[int]) -> set[Pair]:
    """Return the pairs with any of these hosts that a person declined."""
    wanted = or_(_is_any(connection, DECLINES.host_a, host_ids), _is_any(connection, DECLINES.host_b, host_ids))
    rows = connection.execute(select(DECLINES.host_a, DECLINES.host_b).where(wanted))
    return {(row.host_a, row.host_b) for row in rows}


def members(connection: Connection, machine_id: int) -> Sequence[RowMapping]:
    """Return how each host became part of a machine."""
    shown = (MEMBERS.host_id, MEMBERS.way, MEMBERS.reason, MEMBERS.joined_at)
    return connection.execute(select(*shown).where(MEMBERS.machine_id == machine_id)).mappings().all()


def _is_any(connection: Connection, column: Any, ids: Collection[int]) -> Any:
    return is_listed(connection, column, ",".join(map(str, ids)))
