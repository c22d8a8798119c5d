"""Puts routes in their places in the tree."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping

from app.errors import Conflict, Invalid
from app.rules.response.route_order import Placed, check_order, moved, siblings_in
from app.rules.response.routes import MAX_DEPTH, MAX_ROUTES
from app.store.response import notifications, routes

Place = tuple[int | None, int]
"""A parent, and the place among its children from 0."""


def place(connection: Connection, route_id: int, parent_id: int | None, position: int | None) -> None:
    """Put a route below a parent, or at the top, at a place among its siblings from 0; None for the last one.

    Raises Invalid for a parent that does not exist or lies below the route, and for a tree that is too deep, Conflict
    if there are too many routes.
    """
    tree = routes.lock_tree(connection)
    parents = {row["id"]: row["parent_id"] for row in tree}
    if len(tree) > MAX_ROUTES:
        raise Conflict(f"there are {MAX_ROUTES} routes already: delete one first")
    _check_parent(parents, route_id, parent_id)
    siblings = [row["id"] for row in tree if row["parent_id"] == parent_id and row["id"] != route_id]
    siblings.insert(len(siblings) if position is None else position, route_id)
    if parents[route_id] != parent_id:
        notifications.change(connection, route_id, {"parent_id": parent_id})
    places = {row["id"]: row["position"] for row in tree}
    routes.place(connection, {each: at for at, each in enumerate(siblings) if places[each] != at})


def place_all(connection: Connection, order: Sequence[Placed]) -> tuple[Mapping[int, Place], Mapping[int, Place]]:
    """Put all routes in an order; return where those that moved were, and where they are.

    Raises Invalid for an order that does not name each route once, or is no tree.
    """
    tree = routes.lock_tree(connection)
    check_order(order, {row["id"]: row["name"] for row in tree})
    before = [Placed(row["id"], row["parent_id"]) for row in tree]
    stored: Mapping[int, Place] = {row["id"]: (row["parent_id"], row["position"]) for row in tree}
    places = _places(order)
    routes.put_below(connection, {each: place for each, place in places.items() if stored[each] != place})
    changed, was = moved(before, order), _places(before)
    return {each: was[each] for each in changed}, {each: places[each] for each in changed}


def _places(order: Sequence[Placed]) -> dict[int, Place]:
    return {
        route_id: (parent_id, at)
        for parent_id, siblings in siblings_in(order).items()
        for at, route_id in enumerate(siblings)
    }


def refuse_with_children(connection: Connection, route_id: int, name: str) -> None:
    """Raise Conflict if there are routes below a route."""
    children = _children(routes.lock_tree(connection), route_id)
    if children:
        raise Conflict(f"there are routes below {name}: move or delete {', '.join(children)} first")


def _children(tree: Sequence[RowMapping], route_id: int) -> list[str]:
    return [row["name"] for row in tree if row["parent_id"] == route_id]


def _check_parent(parents: Mapping[int, int | None], route_id: int, parent_id: int | None) -> None:
    if parent_id is not None and parent_id not in parents:
        raise Invalid("parent_id", f"There is no route {parent_id}.")
    above: list[int] = []
    each = parent_id
    while each is not None:
        if each == route_id:
            raise Invalid("parent_id", "Must not be the route itself or one below it.")
        above.append(each)
        each = parents[each]
    if len(above) + _height(parents, route_id) > MAX_DEPTH:
        raise Invalid("parent_id", f"Routes can be at most {MAX_DEPTH} deep.")


def _height(parents: Mapping[int, int | None], route_id: int) -> int:
    """Return how many levels a route and those below it take."""
    below = [each for each, parent_id in parents.items() if parent_id == route_id]
    return 1 + max((_height(parents, each) for each in below), default=0)
