"""Changes true answers so that there is more of everything, and so that names are unusual."""

from typing import Any

ENTRIES = 10_000
NAMING = ("id", "name", "key", "host", "instance")
"""Parts of the names of members that identify an entry."""


def lengthened(tree: Any) -> Any:
    """Return a tree in which the outermost lists of objects have thousands of entries, each with other identities."""
    if isinstance(tree, list):
        objects = [entry for entry in tree if isinstance(entry, dict)]
        return [_copy(objects[number % len(objects)], number) for number in range(ENTRIES)] if objects else tree
    if isinstance(tree, dict):
        return {name: lengthened(value) for name, value in tree.items()}
    return tree


def renamed(tree: Any, old: str, new: str) -> Any:
    """Return a tree in which a text is replaced, wherever it is a whole value."""
    if isinstance(tree, list):
        return [renamed(entry, old, new) for entry in tree]
    if isinstance(tree, dict):
        return {name: renamed(value, old, new) for name, value in tree.items()}
    return new if tree == old else tree


def _copy(entry: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        name: f"{value}{number:05}"
        if isinstance(value, str) and any(part in name.lower() for part in NAMING)
        else value
        for name, value in entry.items()
    }
