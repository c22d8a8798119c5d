"""Statements that find things by a part of their name, a few of each kind."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app.enums import OPEN_STATUSES
from app.models import Host, Monitor
from app.store.alerts import alerts
from app.store.database.pages import PageRequest
from app.store.database.search import matches
from app.store.inventory import hosts, items
from app.store.selection.alert_filters import AlertFilter
from app.store.selection.alert_lists import AlertList
from app.store.selection.alert_orders import AlertOrder

MONITORS = Monitor.__table__.c
HOSTS = Host.__table__.c
Rows = Sequence[Mapping[Any, Any]]


def find_monitors(connection: Connection, q: str, limit: int) -> Sequence[RowMapping]:
    """Return monitors whose name contains the text."""
    statement = select(MONITORS.id, MONITORS.name, MONITORS.type).where(matches(q, MONITORS.name))
    return connection.execute(statement.order_by(MONITORS.id).limit(limit)).mappings().all()


def find_hosts(connection: Connection, q: str, limit: int) -> Rows:
    """Return hosts by name, address or description; those that are named exactly so come first."""
    exact = select(*hosts.SHOWN).where(HOSTS.name == q, HOSTS.archived_at.is_(None)).order_by(HOSTS.id).limit(limit)
    named: Rows = connection.execute(exact).mappings().all()
    known = {host["id"] for host in named}
    others = [host for host in hosts.fetch(connection, PageRequest(limit), q=q).items if host["id"] not in known]
    return [*named, *others][:limit]


def find_items(connection: Connection, q: str, limit: int) -> Rows:
    """Return items by name, key or description, each with its host's name as `host`."""
    found = items.fetch(connection, PageRequest(limit), q=q).items
    names = hosts.names(connection, {item["host_id"] for item in found})
    return [{**item, "host": names.get(item["host_id"], "")} for item in found]


def find_open_alerts(connection: Connection, q: str, limit: int) -> Rows:
    """Return the newest open alerts that contain the text."""
    wanted = AlertFilter.of(q=q, status=tuple(map(int, OPEN_STATUSES)))
    return AlertList(connection, alerts.SHOWN, wanted, AlertOrder()).fetch(PageRequest(limit)).items
