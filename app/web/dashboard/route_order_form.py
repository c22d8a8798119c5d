"""Reads the order of all routes in a form, and moves a route in it."""

from collections.abc import Sequence

from marshmallow import ValidationError

from app.rules.response.route_order import Placed, siblings_in
from app.web.schemas.routes import RouteOrderSchema

MAX_ORDER = 50_000
"""The length of the text of the largest tree: two numbers, a colon and a comma for each route."""
STEPS = {"up": -1, "down": 1}


def order_in(text: str) -> list[Placed]:
    """Return the order in a text like `3:,5:3`, in which a parent follows its route. Raises ValidationError."""
    pairs = [part.partition(":") for part in text.split(",") if part]
    if not all(_is_number(route_id) and (parent == "" or _is_number(parent)) for route_id, _, parent in pairs):
        raise ValidationError({"order": ["Must be pairs of numbers like 3:,5:3. Load the page again."]})
    routes = [{"id": int(route_id), "parent_id": int(parent) if parent else None} for route_id, _, parent in pairs]
    return [Placed(**each) for each in RouteOrderSchema().load({"routes": routes})["routes"]]


def moved_in(order: Sequence[Placed], move: str) -> list[Placed]:
    """Return the order after a move like `up:3`; one past the first or last sibling changes nothing."""
    way, _, route_id = move.partition(":")
    siblings = next((each for each in siblings_in(order).values() if route_id in map(str, each)), [])
    if way not in STEPS or not siblings:
        return [*order]
    place = siblings.index(int(route_id))
    other = place + STEPS[way]
    if not 0 <= other < len(siblings):
        return [*order]
    swapped = {siblings[place]: siblings[other], siblings[other]: siblings[place]}
    return [each._replace(id=swapped.get(each.id, each.id)) for each in order]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
