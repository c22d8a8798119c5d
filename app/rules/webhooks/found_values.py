"""What the expressions of a mapping find, as texts, pairs and times."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from app.errors import Invalid
from app.rules.alerts.source_times import read_time
from app.rules.webhooks.expressions import FAULTS, Evaluation, Node, reason_of
from app.rules.webhooks.json_values import as_text

PAIRS = "an object, or a list of pairs like env:prod"
TIME = "a time like 2026-01-31T12:00:00Z, or seconds or milliseconds since 1970"
NAMES = ("name", "key", "label", "tag")
"""What systems call the name of a label in a list of labels."""
PAIR = re.compile(r"([^:=]+)[:=](.*)", re.DOTALL)
NUMBER = re.compile(r"\d+(\.\d*)?", re.ASCII)
UNITS = (1, 10**3, 10**6, 10**9)
"""Of a second."""
FAR_S = 10**11
"""Year 5138: a number beyond it is in a smaller unit."""


def find(evaluation: Evaluation, tree: Node, text: str, value: object, path: str) -> Any:
    """Return what an expression finds in a value. Raises Invalid for `path`."""
    try:
        found = evaluation.visit(tree, value)
    except FAULTS as error:
        raise Invalid(path, f"The expression {text} fails: {reason_of(error)}.") from None
    if not isinstance(found, str | int | float | list | dict | None):
        raise Invalid(path, f"The expression {text} finds no JSON value.")
    return found


class Found:
    """What the expressions `texts` found at one place; methods raise Invalid."""

    def __init__(self, texts: Mapping[str, str], values: Mapping[str, Any], place: str, whole: Any = None) -> None:
        self.texts = texts
        self.values = values
        self.whole = whole
        """The JSON in which they were found."""
        self._place = place

    def text(self, name: str) -> str:
        """Return a text, or a number or a boolean as text."""
        value = self.values.get(name)
        if isinstance(value, list | dict):
            self.refuse(name, f"must find a text, but finds {kind_of(value)}")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return as_text(value).strip()

    def pairs(self, name: str) -> dict[str, str]:
        """Return an object, or a list of pairs such as `env:prod` or {"name": "env", "value": "prod"}."""
        value = self.values.get(name)
        if isinstance(value, Mapping):
            pairs = [*value.items()]
        elif isinstance(value, str | list):
            members = value.split(",") if isinstance(value, str) else value
            pairs = [_pair(member) or self.refuse(name, f"must find {PAIRS}") for member in members if member]
        else:
            pairs = [] if value is None else self.refuse(name, f"must find {PAIRS}, but finds {kind_of(value)}")
        return {label: as_text(each).strip() for label, each in pairs if label and each is not None}

    def time(self, name: str) -> datetime | None:
        """Return a time in UTC; None if it is missing, or no time."""
        text = self.text(name)
        try:
            return _moment(float(text)) if NUMBER.fullmatch(text) else read_time(text)
        except (ValueError, OverflowError, OSError):
            self.refuse(name, f"must find {TIME}")

    def refuse(self, name: str, fault: str) -> NoReturn:
        """Raise Invalid for what an expression found."""
        raise Invalid(path_of(self._place, name), f"The expression {self.texts[name]} {fault}.")


def _pair(member: object) -> tuple[str, Any] | None:
    if isinstance(member, str):
        found = PAIR.fullmatch(member)
        return (found[1].strip(), found[2]) if found else (member.strip(), "true")
    if not isinstance(member, Mapping):
        return None
    name = next((member[each] for each in NAMES if isinstance(member.get(each), str)), None)
    if name is not None:
        return name, member.get("value")
    return next(iter(member.items())) if len(member) == 1 else None


def _moment(number: float) -> datetime | None:
    unit = next((unit for unit in UNITS if number / unit < FAR_S), UNITS[-1])
    return datetime.fromtimestamp(number / unit, UTC) if number else None


def path_of(place: str, name: str) -> str:
    """Return the dotted path of a field at a place."""
    return f"{place}.{name}" if place else name


def kind_of(value: object) -> str:
    """Return what a JSON value is, in words."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    kinds = ((str, "a text"), (list, "a list"), (dict, "an object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")
