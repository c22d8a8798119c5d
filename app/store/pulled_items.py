"""The statements that bring a page of items from their source into the inventory: what did not change is only read."""

from collections.abc import Collection, Container, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Connection,
    Select,
    bindparam,
    column,
    func,
    null,
    select,
    table,
    true,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from app.models import Item
from app.models.hosts import LOCAL_PREFIX
from app.store.given import execute_given, moment_reader, stored_moment
from app.store.hosts import IDS_AT_ONCE
from app.store.items import EDITABLE, ITEMS, mark_gone
from app.store.prepared import Prepared
from app.store.upsert import Inventory, Upserted, dialect_of, upsert_inventory


class PulledItem(NamedTuple):
    """What a source says of an item, in the order in which it is written."""

    name: str
    description: str
    interval: str
    units: str
    enabled: bool
    key: str
    source_error: str | None
    value: str | None
    value_type: str
    value_at: datetime | None


Identity = tuple[int, str]
"""The id of an item's host and the item's external id."""
Known = Mapping[Identity, tuple[int, tuple[Any, ...]]]
"""The ids of items and what their source said last."""
NOTHING: Known = MappingProxyType({})
UNKNOWN: tuple[int, tuple[Any, ...]] = (0, ())

FOLLOWED = PulledItem._fields[len(EDITABLE) :]
KINDS = dict.fromkeys(PulledItem._fields, "text") | {"enabled": "boolean", "value_at": "timestamptz"}
INVENTORY = Inventory(
    Item,
    identity=("host_id", "external_id"),
    editable=EDITABLE,
    followed=FOLLOWED,
    own_kinds=(("host_id", "bigint"), ("external_id", "text"), *KINDS.items()),
)
FOLLOWED_KINDS = {"id": "bigint"} | {name: KINDS[name] for name in FOLLOWED} | {"now": "timestamptz"}
# Not converted by SQLAlchemy, which takes longer than to read them.
SAID = [
    type_coerce(ITEMS[name], NullType()).label(name)
    for name in ("host_id", "external_id", "id", *(f"source_{name}" for name in EDITABLE), *FOLLOWED)
]


def _host_by_host() -> Select[Any]:
    """Return what reads the items of many hosts by the hosts' index.

    Before PostgreSQL has counted the items of a first pull it would read all of them for each page of hosts; a subquery
    with an OFFSET it takes as it is.
    """
    wanted = func.unnest(bindparam("hosts", type_=ARRAY(BigInteger))).table_valued("id").render_derived()
    items = select(*SAID).where(ITEMS.host_id == wanted.c.id, ITEMS.vanished_at.is_(None)).offset(0).lateral()
    return select(*items.c).select_from(wanted.join(items, true()))


WANTED_JSON = func.json_each(bindparam("hosts", type_=JSON)).table_valued("value")
KNOWN = {
    "postgresql": Prepared(_host_by_host()),
    "sqlite": Prepared(
        select(*SAID).where(ITEMS.host_id.in_(select(WANTED_JSON.c.value)), ITEMS.vanished_at.is_(None)),
    ),
}


def known(connection: Connection, host_ids: Collection[int]) -> Known:
    """Return the items of these hosts that are not gone."""
    dialect = connection.dialect.name
    rows = KNOWN[dialect].fetch(connection, {"hosts": list(host_ids)})
    moment = moment_reader(dialect)
    return {(row[0], row[1]): (row[2], (*row[3:-1], moment(row[-1]))) for row in rows}


def upsert(
    connection: Connection,
    monitor_id: int,
    rows: Mapping[Identity, PulledItem],
    now: datetime,
    known: Known = NOTHING,
) -> Upserted:
    """Write items as their source describes them, but for those that are known to be so already.

    Whoever gives what is known has locked the hosts since before that was read.
    """
    written = {}
    followed, others = [], []
    dialect = connection.dialect.name
    for identity, row in rows.items():
        item_id, said = known.get(identity, UNKNOWN)
        if said == row:
            continue
        if said[: len(EDITABLE)] != row[: len(EDITABLE)]:
            others.append((*identity, *row[:-1], stored_moment(dialect, row.value_at)))
        else:
            written[identity] = item_id
            followed.append((item_id, *row[len(EDITABLE) : -1], stored_moment(dialect, row.value_at)))
    if followed:
        followed.sort()
        shared = {"now": stored_moment(dialect, now)}
        execute_given(connection, _follow_statement(dialect), FOLLOWED_KINDS, followed, shared)
    upserted = upsert_inventory(connection, INVENTORY, monitor_id, others, now)
    return Upserted(upserted.created, upserted.updated + len(followed), {**written, **upserted.ids})


@cache
def _follow_statement(dialect: str) -> str:
    """Return what is written of most items at most pulls: only what nobody edits here, at half the cost."""
    given = table("given", *map(column, FOLLOWED_KINDS)).c
    values = {name: given[name] for name in FOLLOWED} | {"vanished_at": null(), "updated_at": given.now}
    return str(update(Item).values(values).where(ITEMS.id == given.id).compile(dialect=dialect_of(dialect)))


def mark_vanished(connection: Connection, known: Known, seen: Container[Identity], now: datetime) -> int:
    """Mark the known items that were not seen as gone, but for those that were made here; return how many."""
    unseen = [(identity[1], item_id) for identity, (item_id, _) in known.items() if identity not in seen]
    gone = [item_id for external_id, item_id in unseen if not external_id.startswith(LOCAL_PREFIX)]
    for start in range(0, len(gone), IDS_AT_ONCE):
        mark_gone(connection, gone[start : start + IDS_AT_ONCE], now)
    return len(gone)
