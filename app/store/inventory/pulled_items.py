"""Statements that write a page of pulled items: unchanged items are only read."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    Text,
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
from app.store.database.bulk_rows import execute_bulk, moment_reader
from app.store.database.dialects import dialect_of
from app.store.database.prepared_reads import PreparedRead
from app.store.inventory.items import EDITABLE, ITEMS
from app.store.inventory.upsert import Inventory, Upserted, upsert_inventory


class PulledItem(NamedTuple):
    """A source's record of an item, in the column order of the statement that writes it."""

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
    value_text: str | None = None
    raw_name: str | None = None


Identity = tuple[int, str]
"""The id of an item's host and the item's external id."""
Followed = Mapping[Identity, tuple[int, PulledItem]]
"""Items with their ids whose editable fields did not change."""
NONE: Followed = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between the items of some hosts and what the source said at the last pull."""

    others: Mapping[Identity, PulledItem]
    """New items, items that had vanished, and items with changes in editable fields."""
    followed: Followed
    gone: Sequence[int]
    """The ids of items that the source no longer has."""


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
# Raw values: their conversion by SQLAlchemy takes longer than reading them.
SOURCE_VALUES = [
    type_coerce(ITEMS[name], NullType()).label(name)
    for name in ("host_id", "external_id", "id", *(f"source_{name}" for name in EDITABLE), *FOLLOWED)
]

ROWS_AT_ONCE = 2000
VALUE_AT = 3 + PulledItem._fields.index("value_at")


def _host_by_host() -> Select[Any]:
    """Return a statement that reads the items of many hosts by the index on the host.

    Until PostgreSQL has statistics on the items of a first pull, it would read all of them for each page of hosts;
    OFFSET keeps it from merging the subquery.
    """
    wanted = func.unnest(bindparam("hosts", type_=ARRAY(BigInteger))).table_valued("id").render_derived()
    items = select(*SOURCE_VALUES).where(ITEMS.host_id == wanted.c.id, ITEMS.vanished_at.is_(None)).offset(0).lateral()
    return select(*items.c).select_from(wanted.join(items, true()))


def _item_by_item() -> Select[Any]:
    """Return a statement that reads some items of one host by the index on the host and the external id."""
    wanted = func.unnest(bindparam("external_ids", type_=ARRAY(Text))).table_valued("id").render_derived()
    is_it = (ITEMS.host_id == bindparam("host"), ITEMS.external_id == wanted.c.id, ITEMS.vanished_at.is_(None))
    items = select(*SOURCE_VALUES).where(*is_it).offset(0).lateral()
    return select(*items.c).select_from(wanted.join(items, true()))


WANTED_JSON = func.json_each(bindparam("hosts", type_=JSON)).table_valued("value")
KNOWN = {
    "postgresql": PreparedRead(_host_by_host()),
    "sqlite": PreparedRead(
        select(*SOURCE_VALUES).where(ITEMS.host_id.in_(select(WANTED_JSON.c.value)), ITEMS.vanished_at.is_(None)),
    ),
}
WANTED_IDS = func.json_each(bindparam("external_ids", type_=JSON)).table_valued("value")
SOME_KNOWN = {
    "postgresql": PreparedRead(_item_by_item()),
    "sqlite": PreparedRead(
        select(*SOURCE_VALUES).where(
            ITEMS.host_id == bindparam("host"),
            ITEMS.external_id.in_(select(WANTED_IDS.c.value)),
            ITEMS.vanished_at.is_(None),
        )
    ),
}


def compare(connection: Connection, host_ids: Collection[int], rows: Mapping[Identity, PulledItem]) -> Difference:
    """Compare the source's items of these hosts with what it said at the last pull.

    To write the difference, the caller must have locked the hosts before.
    """
    return _differ(connection, KNOWN[connection.dialect.name].fetch(connection, {"hosts": list(host_ids)}), rows)


def compare_some(connection: Connection, host_id: int, rows: Mapping[Identity, PulledItem]) -> Difference:
    """Compare some of a host's items with what the source said of them at the last pull; none of them is gone.

    To write the difference, the caller must have locked the host before.
    """
    wanted = {"host": host_id, "external_ids": [external_id for _, external_id in rows]}
    return _differ(connection, SOME_KNOWN[connection.dialect.name].fetch(connection, wanted), rows)


def _differ(connection: Connection, known: Iterable[Sequence[Any]], rows: Mapping[Identity, PulledItem]) -> Difference:
    moment = moment_reader(connection.dialect.name)
    others, followed, gone = dict(rows), {}, []
    for last in known:
        identity = (last[0], last[1])
        row = others.pop(identity, None)
        if row is None:
            if not last[1].startswith(LOCAL_PREFIX):
                gone.append(last[2])
            continue
        said = (*last[3:VALUE_AT], moment(last[VALUE_AT]), *last[VALUE_AT + 1 :])
        if said == row:
            continue
        if said[: len(EDITABLE)] == row[: len(EDITABLE)]:
            followed[identity] = last[2], row
        else:
            others[identity] = row
    return Difference(others, followed, gone)


def gone_but_for(connection: Connection, host_id: int, is_seen: Callable[[str], bool]) -> list[int]:
    """Return the ids of a host's items that a source of many pages did not name; only of those are the ids kept."""
    statement = select(ITEMS.id, ITEMS.external_id).where(ITEMS.host_id == host_id, ITEMS.vanished_at.is_(None))
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement)
    return [row.id for row in rows if not row.external_id.startswith(LOCAL_PREFIX) and not is_seen(row.external_id)]


def upsert(
    connection: Connection,
    monitor_id: int,
    rows: Mapping[Identity, PulledItem],
    now: datetime,
    followed: Followed = NONE,
) -> Upserted:
    """Write items as their source describes them; of those in `followed` only the fields that nobody edits here."""
    if followed:
        input_rows = [(item_id, *row[len(EDITABLE) :]) for item_id, row in sorted(followed.values())]
        execute_bulk(connection, _follow_statement(connection.dialect.name), FOLLOWED_KINDS, input_rows, {"now": now})
    others = [(*identity, *row) for identity, row in rows.items()]
    upserted = upsert_inventory(connection, INVENTORY, monitor_id, others, now)
    ids = {identity: item_id for identity, (item_id, _) in followed.items()}
    return Upserted(upserted.created, upserted.updated + len(followed), {**ids, **upserted.ids})


@cache
def _follow_statement(dialect: str) -> str:
    """Return the statement for most items of most pulls: it writes only non-editable fields, at half the cost."""
    input_rows = table("input_rows", *map(column, FOLLOWED_KINDS)).c
    values = {name: input_rows[name] for name in FOLLOWED} | {"vanished_at": null(), "updated_at": input_rows.now}
    return str(update(Item).values(values).where(ITEMS.id == input_rows.id).compile(dialect=dialect_of(dialect)))
