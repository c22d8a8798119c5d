"""The tree of routes: which of them take a change of an alert, walked as Alertmanager walks its tree.

The children of a route that matches are asked in order, and one that matches without `continues` ends that. If none of
them matches, the route itself takes the change. A route that ends at nobody keeps a change from all the others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from app.enums import RouteTarget
from app.rules.response.notifications import Change, Rule
from app.rules.response.route_filters import conditions_of, does_match

MAX_ROUTES = 1000
MAX_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Route:
    """A route, and its place in the tree."""

    rule: Rule
    name: str
    parent_id: int | None
    position: int
    continues: bool
    target: RouteTarget
    is_enabled: bool = True

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self:
        """Return the route in a row of `notifications`."""
        return cls(
            Rule.from_row(row),
            row["name"],
            row["parent_id"],
            row["position"],
            row["continues"],
            RouteTarget(row["target"]),
            row["enabled"],
        )

    @property
    def id(self) -> int:
        """Its id, which is that of its rule."""
        return self.rule.id


class Taken(NamedTuple):
    """A route that takes a change, and the conditions that hold, from the top of the tree down."""

    route: Route
    because: Sequence[str]


class Tree:
    """Routes in the order in which they are asked, read once for many changes; a disabled one is not asked at all."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._below: dict[int | None, list[Route]] = {}
        for route in sorted(routes, key=lambda route: (route.position, route.id)):
            self._below.setdefault(route.parent_id, []).append(route)
        self._because: dict[int, tuple[str, ...]] = {}

    def below(self, parent_id: int | None) -> Sequence[Route]:
        """Return the children of a route, or of the top, in order."""
        return self._below.get(parent_id, ())

    def walk(self, parent_id: int | None = None, depth: int = 0) -> Iterator[tuple[Route, int]]:
        """Return all routes below one, each with its depth and before its children."""
        for route in self.below(parent_id):
            yield route, depth
            yield from self.walk(route.id, depth + 1)

    def because(self, route: Route, above: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the conditions of a route below those of the routes above it."""
        known = self._because.get(route.id)
        if known is None:
            known = self._because[route.id] = (*above, *conditions_of(route.rule))
        return known


def decide(tree: Tree, change: Change) -> list[Taken]:
    """Return the routes that take a change, in order."""
    return decide_all(tree, [change])[0]


def decide_all(tree: Tree, changes: Sequence[Change]) -> list[list[Taken]]:
    """Return for each change the routes that take it, in order.

    A witness is taken only by routes that do not take the alert which stands for it: the others tell the fault already.
    Whether an alert is suppressed is not asked.
    """
    found = _walk_all(tree, changes)
    witnesses = [at for at, change in enumerate(changes) if change.stands_for_it is not None]
    if not witnesses:
        return found
    firsts = _walk_all(tree, [_first_of(changes[at]) for at in witnesses])
    for at, first in zip(witnesses, firsts, strict=True):
        telling = {taken.route.id for taken in first}
        found[at] = [taken for taken in found[at] if taken.route.id not in telling]
    return found


def is_told_elsewhere(tree: Tree, route_id: int, change: Change) -> bool:
    """Return whether a change is one of a witness, and this route takes the alert that stands for it."""
    first = _first_of(change)
    return first is not change and any(taken.route.id == route_id for taken in decide(tree, first))


def _first_of(change: Change) -> Change:
    return change if change.stands_for_it is None else replace(change.stands_for_it, kind=change.kind)


def _walk_all(tree: Tree, changes: Sequence[Change]) -> list[list[Taken]]:
    found: list[list[Taken]] = [[] for _ in changes]
    _ask(tree, None, (), range(len(changes)), changes, found)
    return found


def _ask(
    tree: Tree,
    parent_id: int | None,
    above: Sequence[str],
    among: Sequence[int],
    changes: Sequence[Change],
    found: list[list[Taken]],
) -> None:
    """Ask the children of a route for some changes: each for all of them, so that its patterns stay compiled."""
    for route in tree.below(parent_id):
        if not among:
            return
        rule = route.rule
        matching = [at for at in among if does_match(rule, changes[at])] if route.is_enabled else []
        if not matching:
            continue
        because = tree.because(route, above)
        if tree.below(route.id):
            before = [len(found[at]) for at in matching]
            _ask(tree, route.id, because, matching, changes, found)
            own = [at for at, count in zip(matching, before, strict=True) if len(found[at]) == count]
        else:
            own = matching
        taken = Taken(route, because)
        for at in own:
            found[at].append(taken)
        if not route.continues:
            gone = {*matching}
            among = [at for at in among if at not in gone]
