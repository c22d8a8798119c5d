"""Zabbix's value maps: the texts that it shows to people instead of values, for example `Down (0)`."""

import contextlib
import re
import threading
from collections.abc import Collection, Sequence
from typing import NamedTuple

from app.connectors.zabbix.lookups import NONE
from app.connectors.zabbix.records import cut_text, identity, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import Invalid, SourceRejected
from app.rules.matchers.patterns import compile_pattern

EQUAL, AT_LEAST, AT_MOST, RANGES, PATTERN, DEFAULT = "0", "1", "2", "3", "4", "5"
NUMERIC = ("float", "unsigned")
MAPPED = (*NUMERIC, "char")
"""The types of values that can have a value map."""
MAX_KEPT = 2_000
MAX_VALUE = 255
"""Characters of a value that can have a text: Zabbix's limit for values of type char."""
RANGE = re.compile(r"(-?[0-9.]+)(?:-(-?[0-9.]+))?")


class Mapping(NamedTuple):
    """One line of a value map. Releases before 6.0 only have those of equal values."""

    kind: str
    value: str
    shown: str


ValueMap = Sequence[Mapping]


class ValueMaps:
    """The value maps of one Zabbix, each requested once. Threads may share it."""

    def __init__(self, rpc: ZabbixRpc) -> None:
        self._rpc = rpc
        self._lock = threading.Lock()
        self._known: dict[str, ValueMap] = {}
        self._is_forbidden = False

    def load(self, ids: Collection[str]) -> dict[str, ValueMap]:
        """Return these value maps by id; the others are missing, and all if the user's role forbids to read them."""
        with self._lock:
            missing = {*ids} - {NONE} - self._known.keys()
            if missing and not self._is_forbidden:
                if len(self._known) > MAX_KEPT:
                    self._known = {}
                    missing = {*ids} - {NONE}
                self._known |= dict.fromkeys(missing, ()) | self._asked(sorted(missing))
            return {one: self._known[one] for one in ids if one in self._known}

    def _asked(self, ids: Sequence[str]) -> dict[str, ValueMap]:
        query = {"valuemapids": ids, "output": ["valuemapid"], "selectMappings": "extend"}
        try:
            found = rows(self._rpc.call("valuemap.get", query))
        except SourceRejected:
            self._is_forbidden = True
            return {}
        return {
            identity(row, "valuemapid"): [
                Mapping(
                    text(line, "type") if "type" in line else EQUAL, cut_text(line, "value"), cut_text(line, "newvalue")
                )
                for line in rows(row.get("mappings"))
            ]
            for row in found
        }


def value_text(value_map: ValueMap, value: str, value_type: str) -> str | None:
    """Return what Zabbix shows for a value, for example `Down (0)`; None if it shows the value itself."""
    if value_type not in MAPPED or len(value) > MAX_VALUE:
        return None
    numeric = _number(value) if value_type in NUMERIC else None
    for mapping in value_map:
        if mapping.kind != DEFAULT and _does_apply(mapping, value, numeric):
            return f"{mapping.shown} ({value})"
    default = next((mapping.shown for mapping in value_map if mapping.kind == DEFAULT), None)
    return None if default is None else f"{default} ({value})"


def _does_apply(mapping: Mapping, value: str, numeric: float | None) -> bool:
    if mapping.kind == PATTERN:
        return numeric is None and _does_match(mapping.value, value)
    if numeric is None:
        return mapping.kind == EQUAL and mapping.value == value
    if mapping.kind == RANGES:
        return any(_is_within(numeric, part.strip()) for part in mapping.value.split(","))
    bound = _number(mapping.value)
    if bound is None:
        return False
    return {EQUAL: numeric == bound, AT_LEAST: numeric >= bound, AT_MOST: numeric <= bound}.get(mapping.kind, False)


def _is_within(numeric: float, part: str) -> bool:
    found = RANGE.fullmatch(part)
    low = _number(found[1]) if found else None
    high = _number(found[2]) if found and found[2] else low
    return low is not None and high is not None and low <= numeric <= high


def _does_match(pattern: str, value: str) -> bool:
    # RE2 knows no back references and no look-around: such a line applies to nothing.
    with contextlib.suppress(Invalid):
        return bool(compile_pattern(pattern).search(value.encode()))
    return False


def _number(value: str) -> float | None:
    with contextlib.suppress(ValueError):
        return float(value)
    return None
