"""Statements on monitors."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, bindparam, delete, func, insert, select, update

from app.enums import MonitorStatus
from app.models import Host, Item, Monitor, UnknownSeverity, Watch
from app.models.watches import WATCHDOG
from app.store.database.dialects import dialect_insert, table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page
from app.store.names import is_taken

MONITORS = Monitor.__table__.c
HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
UNKNOWN = UnknownSeverity.__table__.c
WATCHES = Watch.__table__.c

SHOWN = (
    MONITORS.id,
    MONITORS.name,
    MONITORS.type,
    MONITORS.url,
    MONITORS.username,
    MONITORS.ca_pem,
    MONITORS.verify,
    MONITORS.client_cert_pem,
    MONITORS.http_username,
    MONITORS.timeout_s,
    MONITORS.headers_sealed.is_not(None).label("has_headers"),
    MONITORS.proxy_url_sealed.is_not(None).label("has_proxy"),
    MONITORS.enabled,
    MONITORS.max_parallel_tasks,
    MONITORS.acknowledge_at_source,
    MONITORS.alertmanager_urls,
    MONITORS.watchdogs,
    MONITORS.stale_after_s,
    MONITORS.resolve_stale_after_s,
    MONITORS.ha_group,
    MONITORS.ha_ignored_labels,
    MONITORS.webhook_token_hash.is_not(None).label("has_webhook_token"),
    MONITORS.status,
    MONITORS.last_error,
    MONITORS.last_pulled_at,
    MONITORS.unreadable_hosts,
    MONITORS.unreadable_reason,
    MONITORS.truncated_alerts,
    MONITORS.truncated_at,
    MONITORS.refused_alerts,
    MONITORS.refused_at,
    MONITORS.last_refusal,
    MONITORS.created_at,
    select(func.count())
    .where(HOSTS.monitor_id == MONITORS.id, HOSTS.vanished_at.is_(None))
    .correlate(Monitor.__table__)
    .scalar_subquery()
    .label("host_count"),
    select(func.count())
    .where(ITEMS.monitor_id == MONITORS.id, ITEMS.vanished_at.is_(None))
    .correlate(Monitor.__table__)
    .scalar_subquery()
    .label("item_count"),
    select(func.count())
    .where(UNKNOWN.monitor_id == MONITORS.id)
    .correlate(Monitor.__table__)
    .scalar_subquery()
    .label("unknown_severity_count"),
    select(func.min(WATCHES.alarmed_at))
    .where(WATCHES.monitor_id == MONITORS.id, WATCHES.subject.not_like(f"{WATCHDOG}%"))
    .correlate(Monitor.__table__)
    .scalar_subquery()
    .label("silent_since"),
)


def find(connection: Connection, monitor_id: int) -> RowMapping | None:
    """Return one monitor as the API shows it, without its credentials."""
    return connection.execute(select(*SHOWN).where(MONITORS.id == monitor_id)).mappings().one_or_none()


def names(connection: Connection) -> Sequence[Row[int, str, str]]:
    """Return id, name and type of every monitor."""
    return connection.execute(select(MONITORS.id, MONITORS.name, MONITORS.type).order_by(MONITORS.id)).all()


def contacts(connection: Connection) -> Sequence[RowMapping]:
    """Return of every monitor what decides whether it can be told something."""
    columns = (MONITORS.id, MONITORS.name, MONITORS.type, MONITORS.enabled, MONITORS.alertmanager_urls)
    return connection.execute(select(*columns).order_by(MONITORS.id)).mappings().all()


SEALED = select(
    MONITORS.id,
    MONITORS.name,
    MONITORS.type,
    MONITORS.url,
    MONITORS.username,
    MONITORS.password_sealed,
    MONITORS.api_token_sealed,
    MONITORS.ca_pem,
    MONITORS.verify,
    MONITORS.client_cert_pem,
    MONITORS.client_key_pem_sealed,
    MONITORS.headers_sealed,
    MONITORS.http_username,
    MONITORS.http_password_sealed,
    MONITORS.proxy_url_sealed,
    MONITORS.timeout_s,
    MONITORS.enabled,
    MONITORS.acknowledge_at_source,
    MONITORS.alertmanager_urls,
    MONITORS.mapping,
).where(MONITORS.id == bindparam("monitor"))


def find_sealed(connection: Connection, monitor_id: int) -> RowMapping | None:
    """Return one monitor's address and encrypted credentials."""
    return connection.execute(SEALED, {"monitor": monitor_id}).mappings().one_or_none()


ALERT_SETTINGS = select(MONITORS.severities, MONITORS.watchdogs, MONITORS.ha_group, MONITORS.ha_ignored_labels).where(
    MONITORS.id == bindparam("monitor")
)


def alert_settings(connection: Connection, monitor_id: int) -> RowMapping | None:
    """Return how a monitor's reports of alerts are read."""
    return connection.execute(ALERT_SETTINGS, {"monitor": monitor_id}).mappings().one_or_none()


def sharing(connection: Connection, monitor_id: int, ha_group: str | None) -> list[int]:
    """Return the ids of the monitors that share a monitor's alerts, the owner first: those of its HA group, or it."""
    return [row["id"] for row in group_members(connection, ha_group)] or [monitor_id] if ha_group else [monitor_id]


def find_by_token(connection: Connection, token_hash: str) -> RowMapping | None:
    """Return the monitor whose webhook token has this hash, and lock it until the transaction ends."""
    statement = select(MONITORS.id, MONITORS.enabled).where(MONITORS.webhook_token_hash == token_hash)
    return connection.execute(statement.with_for_update(read=True, key_share=True)).mappings().one_or_none()


def find_mapping(connection: Connection, monitor_id: int) -> RowMapping | None:
    """Return a monitor's type, its field mapping and its own severities."""
    columns = (MONITORS.id, MONITORS.type, MONITORS.mapping, MONITORS.severities)
    return connection.execute(select(*columns).where(MONITORS.id == monitor_id)).mappings().one_or_none()


def type_of(connection: Connection, monitor_id: int) -> str | None:
    """Return a monitor's type, or None if it does not exist."""
    return connection.execute(select(MONITORS.type).where(MONITORS.id == monitor_id)).scalar_one_or_none()


def lock(connection: Connection, monitor_id: int) -> None:
    """Lock this monitor until the transaction ends; SQLite serializes writers anyway."""
    connection.execute(select(MONITORS.id).where(MONITORS.id == monitor_id).with_for_update(key_share=True))


def fetch(connection: Connection, page: PageRequest) -> Page:
    """Return a page of monitors."""
    return fetch_page(connection, select(*SHOWN), Keyset({"id": MONITORS.id}), page)


def group_members(connection: Connection, ha_group: str) -> Sequence[RowMapping]:
    """Return id, name and type of the monitors of an HA group; the first one owns the alerts of all."""
    columns = (MONITORS.id, MONITORS.name, MONITORS.type)
    statement = select(*columns).where(MONITORS.ha_group == ha_group).order_by(MONITORS.id)
    return connection.execute(statement).mappings().all()


def find_id(connection: Connection, name: str) -> int | None:
    """Return the id of the monitor with this name."""
    return connection.execute(select(MONITORS.id).where(MONITORS.name == name)).scalar_one_or_none()


def is_name_taken(connection: Connection, name: str, except_id: int | None = None) -> bool:
    """Return whether another monitor has this name."""
    return is_taken(connection, MONITORS, name, except_id)


def ids(connection: Connection) -> list[int]:
    """Return the ids of all monitors."""
    return list(connection.execute(select(MONITORS.id).order_by(MONITORS.id)).scalars())


def is_there_any(connection: Connection) -> bool:
    """Return whether there is any monitor."""
    return connection.execute(select(MONITORS.id).limit(1)).first() is not None


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add a monitor and return its id."""
    return int(connection.execute(insert(Monitor).returning(MONITORS.id), row).scalar_one())


def ensure(connection: Connection, row: Mapping[str, Any]) -> int:
    """Return the id of the monitor with the name in `row`; add the row if there is none."""
    monitor_id = find_id(connection, row["name"])
    if monitor_id is not None:
        return monitor_id
    statement = dialect_insert(connection, Monitor).on_conflict_do_nothing(index_elements=["name"])
    connection.execute(statement, row)
    return int(connection.execute(select(MONITORS.id).where(MONITORS.name == row["name"])).scalar_one())


def change(connection: Connection, monitor_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a monitor."""
    connection.execute(update(Monitor).where(MONITORS.id == monitor_id).values(values))


def remove(connection: Connection, monitor_id: int) -> bool:
    """Delete a monitor with its hosts, items and alerts; return false if it does not exist."""
    return connection.execute(delete(Monitor).where(MONITORS.id == monitor_id)).rowcount > 0


def record_contact(connection: Connection, monitor_id: int, status: str, error: str | None) -> None:
    """Record the result of the last contact with a monitor."""
    change(connection, monitor_id, {"status": status, "last_error": error})


def count_webhook_losses(
    connection: Connection, monitor_id: int, now: datetime, *, truncated: int, refused: int, last_refusal: str | None
) -> None:
    """Add to how many alerts a monitor's senders left out and how many were refused, and keep the last reason."""
    values: dict[str, Any] = {}
    if truncated:
        values |= {"truncated_alerts": MONITORS.truncated_alerts + truncated, "truncated_at": now}
    if refused:
        values |= {"refused_alerts": MONITORS.refused_alerts + refused, "refused_at": now, "last_refusal": last_refusal}
    if values:
        change(connection, monitor_id, values)


def record_unreadable(connection: Connection, monitor_id: int, count: int, reason: str | None) -> None:
    """Record how many hosts a pull of all items could not read, and why it could not read the first of them."""
    change(connection, monitor_id, {"unreadable_hosts": count, "unreadable_reason": reason})


RECORD_PULLED = (
    update(table_of(Monitor))
    .where(MONITORS.id == bindparam("monitor"))
    .values(status=MonitorStatus.OK, last_error=None, last_pulled_at=bindparam("now"))
)


def record_pulled(connection: Connection, monitor_id: int, now: datetime) -> None:
    """Record that a pull from a monitor succeeded."""
    connection.execute(RECORD_PULLED, {"monitor": monitor_id, "now": now})
