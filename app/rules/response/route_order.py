"""Finds the place of each route in an order of all of them, and which of them that moves."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from app.errors import Invalid
from app.rules.response.routes import MAX_DEPTH


class Placed(NamedTuple):
    """A route and the one below which it is; the place among its siblings is that in the order."""

    id: int
    parent_id: int | None


def check_order(order: Sequence[Placed], names: Mapping[int, str]) -> None:
    """Check that an order names each of these routes once, in a tree.

    Raises Invalid naming the entry that is wrong, or `routes` with the names of the routes that are missing.
    """
    seen: set[int] = set()
    for number, each in enumerate(order):
        if each.id not in names:
            raise Invalid(f"routes.{number}.id", f"There is no route {each.id}: leave it out.")
        if each.id in seen:
            raise Invalid(f"routes.{number}.id", f"The route {names[each.id]} is there twice: name it once.")
        seen.add(each.id)
    missing = [f"{name} ({route_id})" for route_id, name in names.items() if route_id not in seen]
    if missing:
        raise Invalid("routes", f"Must name every route. Missing: {', '.join(missing)}. Read the routes again.")
    _check_parents(order)


def siblings_in(order: Iterable[Placed]) -> dict[int | None, list[int]]:
    """Return the routes below each route, and at the top, in order."""
    found: dict[int | None, list[int]] = {}
    for each in order:
        found.setdefault(each.parent_id, []).append(each.id)
    return found


def moved(before: Iterable[Placed], after: Iterable[Placed]) -> list[int]:
    """Return the routes that have another parent or passed others, not those that only made room."""
    old = siblings_in(before)
    found: list[int] = []
    for parent_id, siblings in siblings_in(after).items():
        matcher = SequenceMatcher(None, old.get(parent_id, []), siblings, autojunk=False)
        kept = {route_id for _, at, size in matcher.get_matching_blocks() for route_id in siblings[at : at + size]}
        found += [route_id for route_id in siblings if route_id not in kept]
    return found


def _check_parents(order: Sequence[Placed]) -> None:
    parents = dict(order)
    for number, each in enumerate(order):
        depth, above = 1, each.parent_id
        while above is not None:
            if above not in parents:
                raise Invalid(f"routes.{number}.parent_id", f"There is no route {above}.")
            if above == each.id:
                raise Invalid(f"routes.{number}.parent_id", "Must not be the route itself or one below it.")
            depth += 1
            if depth > MAX_DEPTH:
                raise Invalid(f"routes.{number}.parent_id", f"Routes can be at most {MAX_DEPTH} deep.")
            above = parents[above]
