"""Statements on the webhook quotas of monitors."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, case, or_, select
from sqlalchemy.sql.dml import ReturningInsert

from app.models import Monitor, WebhookQuota
from app.store.database.dialects import insert_into, table_of
from app.store.database.prepared_reads import PreparedRead
from app.store.database.single_statements import CanRead

MONITORS = Monitor.__table__.c
QUOTAS = WebhookQuota.__table__.c
WINDOW_US = 60_000_000
"""A full quota is the number of alerts allowed in one minute."""


def _spend(dialect: str) -> ReturningInsert[int]:
    now, cost = bindparam("now", type_=QUOTAS.full_at_us.type), bindparam("cost", type_=QUOTAS.full_at_us.type)
    # Lock the monitor before its quota, in the order of a deletion of both: otherwise they could deadlock.
    source = (
        select(MONITORS.id, bindparam("first", type_=QUOTAS.full_at_us.type))
        .where(MONITORS.webhook_token_hash == bindparam("hash"), MONITORS.enabled)
        .with_for_update(read=True, key_share=True)
    )
    insert = insert_into(dialect, WebhookQuota).from_select(["monitor_id", "full_at_us"], source)
    full_at = QUOTAS.full_at_us
    return insert.on_conflict_do_update(
        index_elements=["monitor_id"],
        set_={"full_at_us": case((full_at > now, full_at), else_=now) + cost},
        # A request larger than the full quota is accepted when the quota is full: it would never fit otherwise.
        where=or_(full_at <= now, full_at + cost <= now + WINDOW_US),
    ).returning(QUOTAS.monitor_id)


SPEND = {dialect: _spend(dialect) for dialect in ("sqlite", "postgresql")}
FIND_BY_TOKEN = PreparedRead(
    select(MONITORS.id, MONITORS.enabled, MONITORS.mapping, QUOTAS.full_at_us)
    .outerjoin_from(table_of(Monitor), table_of(WebhookQuota))
    .where(MONITORS.webhook_token_hash == bindparam("hash"))
)


def spend(connection: Connection, token_hash: str, now_us: int, cost_us: int) -> int | None:
    """Spend from the quota of the monitor with this token, and lock the monitor until the transaction ends.

    Return its id, or None if it does not exist, is disabled, or has too little quota left. Transactions that spend from
    the same quota wait for each other, so one that spends from several must do so in a fixed order.
    """
    values = {"hash": token_hash, "now": now_us, "cost": cost_us, "first": now_us + cost_us}
    return connection.execute(SPEND[connection.dialect.name], values).scalar_one_or_none()


def find_by_token(on: CanRead, token_hash: str) -> Mapping[Any, Any] | None:
    """Return the monitor whose webhook token has this hash, with its mapping and the time when its quota is full."""
    return FIND_BY_TOKEN.find(on, {"hash": token_hash})


def full_at_us(connection: Connection, monitor_id: int) -> int | None:
    """Return the time at which a monitor's quota is full again; None if nothing was spent yet."""
    found = select(QUOTAS.full_at_us).where(QUOTAS.monitor_id == monitor_id)
    return connection.execute(found).scalar_one_or_none()
