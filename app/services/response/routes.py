"""Manages the tree of routes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, RouteTarget
from app.errors import Invalid, NameTaken, NotFound
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.response import decision_reasons as reasons
from app.rules.response.route_order import Placed
from app.rules.response.routes import Route, Tree
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.services.response.route_fields import RouteFields, columns_of, shown
from app.services.response.route_places import place, place_all, refuse_with_children
from app.store.contacts import channels
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.inventory import monitors
from app.store.response import decisions, notifications, routes

TARGET_COLUMNS = {
    RouteTarget.CHANNEL: "channel_id",
    RouteTarget.ESCALATION: "escalation_id",
    RouteTarget.TEAM: "team_id",
}
NOUNS = {"channel_id": "shared channel", "escalation_id": "escalation", "team_id": "team"}
PLACE = ("parent_id", "position")


class RouteService:
    """Methods that name a route raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, vault: Vault, fields: RouteFields) -> None:
        self._database = database
        self._vault = vault
        self._fields = fields

    def list(self) -> list[Mapping[str, Any]]:
        """Return all routes in the order in which they are asked, each with its depth."""
        with self._database.reading() as connection:
            rows = {row["id"]: row for row in notifications.every(connection)}
            names = routes.targets(connection)
        tree = Tree(map(Route.from_row, rows.values()))
        return [_shown(rows[route.id], names) | {"depth": depth} for route, depth in tree.walk()]

    def get(self, route_id: int) -> Mapping[str, Any]:
        """Return one route."""
        found = next((route for route in self.list() if route["id"] == route_id), None)
        if found is None:
            raise NotFound(f"there is no route {route_id}")
        return found

    def choices(self) -> Mapping[str, Mapping[int, str]]:
        """Return the names of all that routes can end at, by column and id."""
        with self._database.reading() as connection:
            return routes.targets(connection)

    def create(self, fields: Mapping[str, Any], editor: Editor) -> Mapping[str, Any]:
        """Add a route; by default it is the last one of its parent.

        Raises Invalid naming the invalid field, Conflict when the name is taken or there are too many routes.
        """
        self._fields.validate(fields)
        with self._database.transaction() as connection:
            _check_references(connection, fields)
            address = self._address(connection, _targets_of(fields))
            plain = columns_of({name: value for name, value in fields.items() if name not in PLACE})
            route_id = notifications.add(connection, {**plain, **address, "created_at": clock.now()})
            place(connection, route_id, fields.get("parent_id"), fields.get("position"))
            record_creation(connection, editor, AuditedType.ROUTE, route_id, fields)
        return self.get(route_id)

    def update(self, route_id: int, changes: Mapping[str, Any], editor: Editor) -> Mapping[str, Any]:
        """Change or move a route. Raises Invalid and Conflict as `create`."""
        self.get(route_id)
        self._fields.validate(changes)
        with self._database.transaction() as connection:
            tree = routes.lock_tree(connection)
            row = _found(routes.find(connection, route_id), route_id)
            _check_references(connection, changes, route_id)
            values = columns_of({name: value for name, value in changes.items() if name not in PLACE})
            if changes.keys() & {"target", *NOUNS}:
                values |= self._address(connection, _targets_of(changes, row))
            if values:
                notifications.change(connection, route_id, values)
            before = {**shown(row), "position": _position(tree, row)}
            if changes.keys() & {*PLACE}:
                is_moved = "parent_id" in changes and changes["parent_id"] != row["parent_id"]
                at = changes.get("position", None if is_moved else before["position"])
                place(connection, route_id, changes.get("parent_id", row["parent_id"]), at)
            record_edit(connection, editor, AuditedType.ROUTE, route_id, before, changes)
        return self.get(route_id)

    def put_in_order(self, order: Sequence[Placed], editor: Editor) -> Sequence[Mapping[str, Any]]:
        """Give every route its parent and its place in one transaction; return them in the new order.

        Raises Invalid naming a route that does not exist, is missing or would be below itself.
        """
        with self._database.transaction() as connection:
            before, after = place_all(connection, order)
            for route_id in after:
                was, now = (dict(zip(PLACE, places[route_id], strict=True)) for places in (before, after))
                record_edit(connection, editor, AuditedType.ROUTE, route_id, was, now)
        return self.list()

    def delete(self, route_id: int, editor: Editor) -> None:
        """Delete a route; its pending events are not sent. Raises Conflict if there are routes below it."""
        with self._database.transaction() as connection:
            row = _found(routes.find(connection, route_id), route_id)
            refuse_with_children(connection, route_id, row["name"])
            decisions.drop_all(connection, route_id, reasons.ROUTE_DELETED, clock.now())
            notifications.remove(connection, route_id)
            record_removal(connection, editor, AuditedType.ROUTE, route_id, {"name": row["name"]})

    def _address(self, connection: Connection, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of a checked target. Raises Invalid if it does not exist."""
        for column, noun in NOUNS.items():
            target_id = targets[column]
            if target_id is not None and routes.target(connection, column, target_id) is None:
                raise Invalid(column, f"There is no {noun} {target_id}.")
        channel = None if targets["channel_id"] is None else channels.find_sealed(connection, targets["channel_id"])
        # The previous release reads the address of the row, and the column takes no NULL.
        return {**targets, "url_sealed": self._vault.seal("") if channel is None else channel["url_sealed"]}


def _targets_of(fields: Mapping[str, Any], row: Mapping[Any, Any] | None = None) -> dict[str, Any]:
    """Return the target's columns. Raises Invalid if the id of what a route ends at is missing, or another is given."""
    given = {name: fields[name] for name in NOUNS if fields.get(name) is not None}
    target = RouteTarget(fields["target"] if "target" in fields or row is None else row["target"])
    wanted = TARGET_COLUMNS.get(target)
    for name in given:
        if name != wanted:
            raise Invalid(name, f"A route whose `target` is {target} has no `{name}`.")
    if wanted is not None and wanted not in given:
        kept = None if row is None or wanted in fields else row[wanted]
        if kept is None:
            raise Invalid(wanted, f"Required, because `target` is {target}.")
        given[wanted] = kept
    return {"target": target, **{name: given.get(name) for name in NOUNS}}


def _position(tree: Sequence[RowMapping], row: Mapping[Any, Any]) -> int:
    siblings = [each["id"] for each in tree if each["parent_id"] == row["parent_id"]]
    return siblings.index(row["id"])


def _shown(row: Mapping[Any, Any], names: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    column = TARGET_COLUMNS.get(RouteTarget(row["target"]))
    name = None if column is None else names[column].get(row[column])
    return {**shown(row), "target_name": name}


def _found(row: RowMapping | None, route_id: int) -> RowMapping:
    if row is None:
        raise NotFound(f"there is no route {route_id}")
    return row


def _check_references(connection: Connection, fields: Mapping[str, Any], except_id: int | None = None) -> None:
    monitor_id = fields.get("monitor_id")
    if monitor_id is not None and monitors.find(connection, monitor_id) is None:
        raise Invalid("monitor_id", f"There is no monitor {monitor_id}.")
    for at, name in enumerate(fields.get("group_by", ())):
        if ALERT_FIELDS.is_field(name) and name not in ALERT_FIELDS.takes_patterns:
            raise Invalid(
                f"group_by.{at}", f"There is no field {name}; use one of {', '.join(ALERT_FIELDS.takes_patterns)}."
            )
    if "name" in fields and notifications.is_name_taken(connection, fields["name"], except_id):
        raise NameTaken(f"there is already a route named {fields['name']}")
