"""Statements on the index of labels: which alerts have which label with which value."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, exists, select

from app.models import AlertLabel, LabelPair
from app.store.database.bulk_rows import execute_bulk
from app.store.database.dialects import table_of

Pair = tuple[str, str]
"""The name and the value of a label."""
Rows = Collection[tuple[int, int]]
"""The ids of pairs, with the ids of alerts that have them."""

PAIRS = LabelPair.__table__.c
LABELS = AlertLabel.__table__.c
PAIR_KINDS = {"name": "text", "value": "text"}
ALERT_KINDS = {"alert_id": "bigint"}
ROW_KINDS = {"pair_id": "bigint", "alert_id": "bigint"}
SEARCH = {
    "sqlite": "SELECT id, name, value FROM input_rows JOIN label_pairs USING (name, value)",
    # Looked up one by one, also before there are statistics. Locked, so that `prune` takes none of them away.
    "postgresql": (
        "SELECT pair.id, name, value FROM input_rows, LATERAL (SELECT id FROM label_pairs"
        " WHERE label_pairs.name = input_rows.name AND label_pairs.value = input_rows.value LIMIT 1 FOR KEY SHARE) pair"
    ),
}
# Without a WHERE, SQLite parses ON CONFLICT as the ON of a join.
ADD_PAIRS = (
    "INSERT INTO label_pairs (name, value) SELECT name, value FROM input_rows WHERE true"
    " ON CONFLICT (name, value) DO NOTHING RETURNING id, name, value"
)
FETCH = "SELECT pair_id, alert_id FROM alert_labels JOIN input_rows USING (alert_id)"
ADD = "INSERT INTO alert_labels (pair_id, alert_id) SELECT pair_id, alert_id FROM input_rows"
REMOVE = "DELETE FROM alert_labels WHERE (pair_id, alert_id) IN (SELECT pair_id, alert_id FROM input_rows)"


def write(connection: Connection, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Set the labels of these alerts, which are new or locked; call it once in a transaction.

    Two transactions add the same pairs in the same order, so that they do not deadlock on PostgreSQL.
    """
    if not rows:
        return
    labels = dict(rows)
    ids = _pair_ids(connection, {pair for each in labels.values() for pair in each.items()})
    wanted = {(ids[pair], alert_id) for alert_id, each in labels.items() for pair in each.items()}
    known = {
        (pair, alert) for pair, alert in execute_bulk(connection, FETCH, ALERT_KINDS, [(each,) for each in labels])
    }
    _run(connection, REMOVE, known - wanted)
    _run(connection, ADD, wanted - known)


def prune(connection: Connection, after: int, limit: int) -> int:
    """Delete those of the next `limit` pairs after this id that no alert has; return the last id, 0 at the end."""
    following = select(PAIRS.id).where(PAIRS.id > after).order_by(PAIRS.id)
    last = connection.execute(following.offset(limit - 1).limit(1)).scalar_one_or_none()
    among = [PAIRS.id > after] if last is None else [PAIRS.id > after, PAIRS.id <= last]
    is_unused = ~exists().where(LABELS.pair_id == PAIRS.id)
    unused = select(PAIRS.id).where(*among, is_unused).with_for_update(skip_locked=True)
    found = connection.execute(unused).scalars().all()
    # Checked again, for a pair that an alert got before it was locked.
    connection.execute(delete(table_of(LabelPair)).where(PAIRS.id.in_(found), is_unused))
    return last or 0


def _pair_ids(connection: Connection, wanted: Collection[Pair]) -> Mapping[Pair, int]:
    ids: dict[Pair, int] = {}
    search = SEARCH[connection.dialect.name]
    # Again if another transaction has just added or pruned one of them.
    while missing := sorted(pair for pair in wanted if pair not in ids):
        ids |= _ids(execute_bulk(connection, search, PAIR_KINDS, missing))
        if missing := [pair for pair in missing if pair not in ids]:
            ids |= _ids(execute_bulk(connection, ADD_PAIRS, PAIR_KINDS, missing))
    return ids


def _ids(rows: Iterable[tuple[int, str, str]]) -> dict[Pair, int]:
    return {(name, value): pair_id for pair_id, name, value in rows}


def _run(connection: Connection, statement: str, rows: Rows) -> None:
    if rows:
        execute_bulk(connection, statement, ROW_KINDS, sorted(rows))
