"""Statements that find the hosts and items of alerts, and the alerts that wait for theirs."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, RowMapping, bindparam, or_, select, text, update

from app.models import Alert, Host, Item
from app.models.alerts import UNLINKED_ID, UNLINKED_NAME
from app.store.alerts.alert_intake import IS_OPEN, chunks
from app.store.alerts.alerts import ALERTS
from app.store.database.dialects import table_of

HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
TARGET = (
    *(ALERTS.id, ALERTS.labels),
    *(ALERTS.host_external_id, ALERTS.host, ALERTS.item_external_id, ALERTS.item),
)


def named_hosts(connection: Connection, monitor_ids: Sequence[int], wanted: Collection[str]) -> Sequence[RowMapping]:
    """Return the hosts of some monitors with one of these external ids or names, the oldest first.

    An archived host gets no alerts; it gets those that name it when it returns.
    """
    found: list[RowMapping] = []
    columns = [HOSTS[name] for name in ("id", "monitor_id", "external_id", "name", "display_name", "labels", "groups")]
    for chunk in chunks(wanted):
        named = or_(HOSTS.external_id.in_(chunk), HOSTS.name.in_(chunk), HOSTS.display_name.in_(chunk))
        wanted_hosts = (HOSTS.monitor_id.in_(monitor_ids), HOSTS.archived_at.is_(None))
        statement = select(*columns).where(*wanted_hosts, named).order_by(HOSTS.id)
        found += connection.execute(statement).mappings()
    return found


def item_ids(
    connection: Connection, wanted_hosts: Collection[int], wanted: Collection[str]
) -> tuple[dict[tuple[int, str], int], dict[tuple[int, str], int]]:
    """Return items of these hosts by host and external id, and by host and key or name."""
    by_external_id: dict[tuple[int, str], int] = {}
    by_name: dict[tuple[int, str], int] = {}
    for chunk in chunks(wanted):
        named = or_(ITEMS.external_id.in_(chunk), ITEMS.key.in_(chunk), ITEMS.name.in_(chunk))
        columns = (ITEMS.id, ITEMS.host_id, ITEMS.external_id, ITEMS.key, ITEMS.name)
        statement = select(*columns).where(ITEMS.host_id.in_(wanted_hosts), named).order_by(ITEMS.id.desc())
        for row in connection.execute(statement):
            by_external_id[row.host_id, row.external_id] = row.id
            by_name[row.host_id, row.name] = row.id
            by_name[row.host_id, row.key] = row.id
    return by_external_id, by_name


def without_host(connection: Connection, owner_id: int, host_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the alerts of a monitor that name one of these hosts and have no host in the inventory yet."""
    identity = (HOSTS.name, HOSTS.display_name, HOSTS.external_id)
    named = connection.execute(select(*identity).where(HOSTS.id.in_(host_ids))).all()
    names = {name for row in named for name in (row.name, row.display_name) if name}
    found: dict[int, RowMapping] = {}
    for column, condition, texts in (
        (ALERTS.host, UNLINKED_NAME, names),
        (ALERTS.host_external_id, UNLINKED_ID, {row.external_id for row in named}),
    ):
        for chunk in chunks(texts):
            named_so = select(*TARGET).where(ALERTS.monitor_id == owner_id, column.in_(chunk))
            # Literal, so that both databases recognize the index.
            rows = connection.execute(named_so.where(text(condition))).mappings()
            found |= {row["id"]: row for row in rows}
    return [found[alert_id] for alert_id in sorted(found)]


def without_item(connection: Connection, host_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the open alerts of these hosts that were reported for an item which the inventory did not have."""
    is_named = or_(ALERTS.item != "", ALERTS.item_external_id.is_not(None))
    statement = select(*TARGET).where(ALERTS.host_id.in_(host_ids), IS_OPEN, ALERTS.item_id.is_(None), is_named)
    return connection.execute(statement.order_by(ALERTS.id)).mappings().all()


LINK = (
    update(table_of(Alert))
    .where(ALERTS.id == bindparam("alert"))
    .values(host_id=bindparam("new_host_id"), item_id=bindparam("new_item_id"))
)


def link(connection: Connection, targets: Mapping[int, tuple[int | None, int | None]]) -> None:
    """Set the hosts and items of alerts, by alert id."""
    rows = [
        {"alert": alert_id, "new_host_id": host_id, "new_item_id": item_id}
        for alert_id, (host_id, item_id) in sorted(targets.items())
    ]
    if rows:
        connection.execute(LINK, rows)
