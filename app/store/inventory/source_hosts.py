"""Statements on hosts as their sources know them."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from app.store.inventory.hosts import HOSTS, IS_AT_SOURCE


def at_source(connection: Connection, monitor_id: int) -> Sequence[RowMapping]:
    """Return by what people name a monitor's hosts that exist at their source: names, groups, labels; by id."""
    columns = (HOSTS.id, HOSTS.external_id, HOSTS.name, HOSTS.display_name, HOSTS.groups, HOSTS.labels)
    is_there = (HOSTS.monitor_id == monitor_id, HOSTS.vanished_at.is_(None), IS_AT_SOURCE)
    return connection.execute(select(*columns).where(*is_there).order_by(HOSTS.id)).mappings().all()
