"""Changes the JSON of true responses: longer lists, other texts."""

from typing import Any

ENTRIES = 10_000
ID_PARTS = ("id", "name", "key", "host", "instance")
"""A member whose name contains one of these identifies an entry."""


def with_long_lists(tree: Any) -> Any:
    """Return the tree with 10,000 entries, with different ids, in its outermost lists of objects together."""
    return _lengthened(tree, max(1, ENTRIES // max(1, _count_lists(tree))))


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


def _lengthened(tree: Any, length: int) -> Any:
    if isinstance(tree, list):
        objects = _objects(tree)
        return [_copy(objects[number % len(objects)], number) for number in range(length)] if objects else tree
    if isinstance(tree, dict):
        return {name: _lengthened(value, length) for name, value in tree.items()}
    return tree


def _count_lists(tree: Any) -> int:
    if isinstance(tree, dict):
        return sum(map(_count_lists, tree.values()))
    return int(isinstance(tree, list) and bool(_objects(tree)))


def _objects(entries: list[Any]) -> list[dict[str, Any]]:
    return [entry for entry in entries if isinstance(entry, dict)]
