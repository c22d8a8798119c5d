"""A source mapping: for hosts, items and alerts a path, and JMESPath expressions that find records in its answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from app.errors import Invalid
from app.rules.webhooks.expressions import Node, compile_expression

HOST_FIELDS = ("external_id", "name", "display_name", "ip_addr", "enabled", "error", "groups", "labels")
ITEM_FIELDS = ("host_external_id", "external_id", "name", "key", "value", "units", "value_at", "error")
ALERT_FIELDS = (
    *("external_id", "message", "is_firing", "source_severity", "host_name", "item_name", "description"),
    *("started_at", "source_url", "labels"),
)
FIELDS: Mapping[str, tuple[str, ...]] = {"hosts": HOST_FIELDS, "items": ITEM_FIELDS, "alerts": ALERT_FIELDS}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "hosts": ("external_id",),
    "items": ("host_external_id", "external_id"),
    "alerts": ("message",),
}
MEMBERS = ("path", "list", "fields", "next")
MAX_PATH = 2000
MISSING = "Missing data for required field."
OTHER_SERVER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
NO_PATH = re.compile(r"[\s#\\\x00-\x1f\x7f\ud800-\udfff]|(^|/)\.\.?(/|$|\?)")


@dataclass(frozen=True, slots=True)
class Part:
    """How the records of one kind are requested and found."""

    name: str
    path: str
    """Below the monitor's URL, with its query."""
    texts: Mapping[str, str]
    """The expressions as they were written: `list`, `next`, and the fields by their names."""
    trees: Mapping[str, Node]
    is_complete: bool
    """Whether the list has all that fires: then what it lacks is over."""

    fields: tuple[str, ...]
    """The names of the mapped fields."""


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A compiled mapping; a part that is missing has no records."""

    hosts: Part | None = None
    items: Part | None = None
    alerts: Part | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the mapping from its JSON. Raises Invalid naming the field that is wrong."""
        given = _given(stored, "", tuple(FIELDS))
        if not given:
            raise Invalid("hosts", "Give at least one of hosts, items and alerts.")
        if "items" in given and "hosts" not in given:
            raise Invalid("hosts", "Items are those of hosts: say where the hosts are.")
        return cls(**{name: _part(name, value) for name, value in given.items()})

    @property
    def first(self) -> Part:
        """Return the first part that is there."""
        [first, *_] = filter(None, (self.hosts, self.items, self.alerts))
        return first


def _part(name: str, value: object) -> Part:
    given = _given(value, name, (*MEMBERS, *(("complete",) if name == "alerts" else ())))
    texts: dict[str, str] = {each: _text(given[each], f"{name}.{each}") for each in ("list", "next") if each in given}
    if "list" not in texts:
        raise Invalid(f"{name}.list", MISSING)
    fields = _given(given.get("fields", {}), f"{name}.fields", FIELDS[name])
    for each in REQUIRED[name]:
        if each not in fields:
            raise Invalid(f"{name}.fields.{each}", MISSING)
    trees: dict[str, Node] = {each: compile_expression(text, f"{name}.{each}") for each, text in texts.items()}
    for each, text in fields.items():
        place = f"{name}.fields.{each}"
        texts[each] = _text(text, place)
        trees[each] = compile_expression(texts[each], place)
    complete = given.get("complete", True)
    if not isinstance(complete, bool):
        raise Invalid(f"{name}.complete", "Not a valid boolean.")
    path = _path(given.get("path", ""), f"{name}.path")
    return Part(name, path, MappingProxyType(texts), MappingProxyType(trees), complete, tuple(fields))


def _given(value: object, place: str, known: tuple[str, ...]) -> dict[str, Any]:
    """Return the members of an object that are not null. Raises Invalid for an unknown one."""
    if not isinstance(value, Mapping):
        raise Invalid(place, "Must be an object.")
    for name in value:
        if name not in known:
            said = str(name)[:100].encode(errors="replace").decode()
            raise Invalid(f"{place}.{said}" if place else said, f"Unknown field; there are {', '.join(known)}.")
    return {name: member for name, member in value.items() if member is not None}


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid(place, "Must be a JMESPath expression.")
    return value


def _path(value: object, place: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_PATH or NO_PATH.search(value) or OTHER_SERVER.match(value):
        raise Invalid(place, "Must be a path below the monitor's URL, like /api/hosts?limit=500.")
    return value
