"""Mutates responses: replaces any value in them by any other."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

NESTED: Any = []
for _ in range(300):
    NESTED = [NESTED]
PIECES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**63, 10**400, -0.0, 1.5, 1e308, 253402300799, float("nan"), float("inf")),
    *("", " ", "0", "1", "2", "-1", "9" * 19, "9" * 4400, "1.5", "NaN", "٣", "soon", "x" * 70_000, "长" * 600),
    *("\0", "\ud800", "\x1b[2J", "<script>", "xn--a", "fe80::1%" + "z" * 600, "http://[::1", "up", "down", "firing"),
    *([], {}, [None], [[]], [{}], {"": None}, {"\ud800": "\0"}, {"error": {}}, NESTED, ["a"] * 1000),
)
DELETE, DOUBLE, WRAP = object(), object(), object()
CHANGES = (*PIECES, DELETE, DOUBLE, WRAP)
KINDS = [CHANGES.index(one) for one in (None, 1.5, "9" * 4400, "x" * 70_000, "\ud800", {"\ud800": "\0"}, DELETE, WRAP)]
"""Indexes in `CHANGES` of one change of each kind, for a test that applies them to every value."""

Mutation = tuple[int, int, int]
"""Index of the response, of the value in it, and of the change; the last two modulo their number."""


def mutated(answer: Any, number: int, wanted: Sequence[Mutation]) -> bytes:
    """Return response number `number` as JSON, with the wanted mutations of it."""
    tree = [copy.deepcopy(answer)]
    for which, place, change in wanted:
        if which == number:
            _change(tree, place, CHANGES[change])
    return json.dumps(tree[0] if tree else None).encode()


def _change(tree: list[Any], place: int, change: object) -> None:
    places = [*_places(tree)]
    if not places:
        return
    parent, key = places[place % len(places)]
    if change is DELETE:
        del parent[key]
    elif change is WRAP:
        parent[key] = [parent[key]]
    elif change is DOUBLE:
        value = parent[key]
        parent[key] = (
            value * 2 if isinstance(value, list) else {**value, "more": value} if isinstance(value, dict) else value
        )
    else:
        parent[key] = copy.deepcopy(change)


def _places(tree: Any, depth: int = 20) -> Iterator[tuple[Any, Any]]:
    members: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(tree, list):
        members = iter(enumerate(tree))
    elif isinstance(tree, Mapping):
        members = iter(tree.items())
    for key, value in members:
        yield tree, key
        if depth:
            yield from _places(value, depth - 1)


class Mutator:
    """Returns the responses of a real server, with the wanted mutations."""

    def __init__(self, tell: Callable[[Any], Any], wanted: Sequence[Mutation] = ()) -> None:
        self._tell = tell
        self._wanted = wanted
        self.places: list[int] = []
        """For each response, the number of values that can be mutated."""

    def respond(self, request: Any) -> bytes:
        """Return the response to a request, with the wanted mutations."""
        answer = self._tell(request)
        self.places.append(len([*_places([answer])]))
        return mutated(answer, len(self.places) - 1, self._wanted)
