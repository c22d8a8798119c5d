"""Explains for every route, in the order in which they are asked, why it takes a change or does not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.rules.response.notifications import Change
from app.rules.response.route_filters import failing
from app.rules.response.routes import Route, Tree, decide

Reason = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one route says of a change."""

    route: Route
    depth: int
    takes: bool
    because: Sequence[str]
    """The conditions that hold, from the top of the tree down."""
    reason: Reason
    """A `code` for why it takes the change or does not, and what the sentence names."""


def explain(tree: Tree, change: Change) -> list[Answer]:
    """Return what each route says of a change; those that take it are exactly those of `decide`."""
    taking = {taken.route.id for taken in decide(tree, change)}
    return list(_ask(tree, None, 0, (), change, taking, None))


def _ask(
    tree: Tree,
    parent_id: int | None,
    depth: int,
    above: Sequence[str],
    change: Change,
    taking: set[int],
    refused: Reason | None,
) -> Iterator[Answer]:
    """Explain the children of a route; `refused` is why none of them is asked."""
    stopped = refused
    for route in tree.below(parent_id):
        reason = stopped or _refusal(route, change)
        because = tree.because(route, above)
        takes = route.id in taking
        if takes:
            reason = {"code": "takes"}
        elif reason is None:
            reason = _passed_on(tree, route, taking, change)
        yield Answer(route, depth, takes, because if _is_matched(reason) else (), reason)
        is_asked = _is_matched(reason)
        below = None if is_asked else {"code": "parent", **_named(route)}
        yield from _ask(tree, route.id, depth + 1, because, change, taking, below)
        if is_asked and not route.continues and stopped is None:
            stopped = {"code": "stopped", **_named(route)}


def _refusal(route: Route, change: Change) -> Reason | None:
    return failing(route.rule, change) if route.is_enabled else {"code": "disabled"}


def _passed_on(tree: Tree, route: Route, taking: set[int], change: Change) -> Reason:
    """Return why a route that matches takes nothing: one below it does, or it takes the alert of the same fault."""
    below = [each for each, _ in tree.walk(route.id) if each.id in taking]
    if below:
        return {"code": "below", **_named(below[0])}
    alert_id = None if change.stands_for_it is None else change.stands_for_it.alert_id
    return {"code": "witness", "alert_id": alert_id}


def _is_matched(reason: Reason) -> bool:
    return reason["code"] in ("takes", "below", "witness")


def _named(route: Route) -> Reason:
    return {"route_id": route.id, "route": route.name}
