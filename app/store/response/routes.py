"""Statements on the tree of routes."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from app.models import Base, Channel, Escalation, Notification, Team
from app.store.database.dialects import table_of
from app.store.response.notifications import NOTIFICATIONS, SHOWN

TARGETS: Mapping[str, type[Base]] = {"channel_id": Channel, "escalation_id": Escalation, "team_id": Team}
"""What a route can end at, by the column that names it."""
PLACE = update(table_of(Notification)).where(NOTIFICATIONS.id == bindparam("route")).values(position=bindparam("place"))
PUT_BELOW = PLACE.values(parent_id=bindparam("parent"))


def find(connection: Connection, route_id: int) -> RowMapping | None:
    """Return one route, without the address of its own that it may have."""
    return connection.execute(select(*SHOWN).where(NOTIFICATIONS.id == route_id)).mappings().one_or_none()


def lock_tree(connection: Connection) -> Sequence[RowMapping]:
    """Return the place of each route in the order of its siblings, and make others wait that change places."""
    columns = (NOTIFICATIONS.id, NOTIFICATIONS.name, NOTIFICATIONS.parent_id, NOTIFICATIONS.position)
    # In the order of their ids, as everywhere that locks several rows.
    statement = select(*columns).order_by(NOTIFICATIONS.id).with_for_update(key_share=True)
    rows = connection.execute(statement).mappings().all()
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


def place(connection: Connection, places: Mapping[int, int]) -> None:
    """Give routes their places among their siblings."""
    if places:
        connection.execute(PLACE, [{"route": route_id, "place": at} for route_id, at in places.items()])


def put_below(connection: Connection, places: Mapping[int, tuple[int | None, int]]) -> None:
    """Give routes their parents, and their places among their siblings."""
    if places:
        rows = [{"route": route_id, "parent": parent, "place": at} for route_id, (parent, at) in places.items()]
        connection.execute(PUT_BELOW, rows)


def target(connection: Connection, column: str, target_id: int) -> RowMapping | None:
    """Return id and name of what a route may end at; None if it does not exist or is a person's own channel."""
    table = table_of(TARGETS[column])
    statement = select(table.c.id, table.c.name).where(table.c.id == target_id)
    if column == "channel_id":
        statement = statement.where(table.c.user_id.is_(None))
    return connection.execute(statement).mappings().one_or_none()


def targets(connection: Connection) -> dict[str, dict[int, str]]:
    """Return the names of all that routes may end at, by column and id."""
    found: dict[str, dict[int, str]] = {}
    for column, model in TARGETS.items():
        table = table_of(model)
        statement = select(table.c.id, table.c.name).order_by(table.c.name)
        if column == "channel_id":
            statement = statement.where(table.c.user_id.is_(None))
        found[column] = {row.id: row.name for row in connection.execute(statement)}
    return found
