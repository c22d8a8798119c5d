"""Changes the JSON of true responses: longer lists, other texts."""

from typing import Any

ENTRIES = 10_000
ID_PARTS = ("id", "name", "key", "host", "instance")
"""A member whose name contains one of these identifies an entry."""


def with_long_lists(tree: Any) -> Any:
    """Return the tree with 10,000 entries, with different ids, in each outermost list of objects."""
    if isinstance(tree, list):
        objects = [entry for entry in tree if isinstance(entry, dict)]
        return [_copy(objects[number % len(objects)], number) for number in range(ENTRIES)] if objects else tree
    if isinstance(tree, dict):
        return {name: with_long_lists(value) for name, value in tree.items()}
    return tree


def with_replaced_text(tree: Any, old: str, new: str) -> Any:
    """Return the tree with each value that equals `old` replaced by `new`."""
    if isinstance(tree, list):
        return [with_replaced_text(entry, old, new) for entry in tree]
    if isinstance(tree, dict):
        return {name: with_replaced_text(value, old, new) for name, value in tree.items()}
    return new if tree == old else tree


def _copy(entry: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        name: f"{value}{number:05}"
        if isinstance(value, str) and any(part in name.lower() for part in ID_PARTS)
        else value
        for name, value in entry.items()
    }
