"""Reads the fields of a webhook body; an invalid one is rejected with its path, like `alerts.3.labels`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from app.errors import Invalid
from app.rules.alerts.source_times import read_time
from app.rules.webhooks.json_values import as_text

MAX_ALERTS = 10_000
MAX_COUNT = 1_000_000_000
KINDS = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}

Choice = TypeVar("Choice")


class Fields:
    """A JSON object at its path in the body; methods that read a field raise Invalid unless they say otherwise."""

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def path(self, name: str) -> str:
        """Return the path of a field. Raises nothing."""
        return f"{self._path}.{name}" if self._path else name

    def others(self, known: Sequence[str]) -> dict[str, Any]:
        """Return the fields that are not among the known ones. Raises nothing."""
        return {name: value for name, value in self._values.items() if name not in known}

    def text(self, name: str) -> str:
        """Return a text, stripped; missing and null are empty. A number is accepted as text."""
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Invalid(self.path(name), "Must be a string.")
        return str(value).strip()

    def required_text(self, name: str) -> str:
        """Return a non-empty text."""
        text = self.text(name)
        if not text:
            raise Invalid(self.path(name), "Is required, and must not be empty.")
        return text

    def number_or_text(self, name: str) -> str:
        """Return a text, or a number of any kind as text; missing and null are empty."""
        value = self._values.get(name)
        return repr(value) if isinstance(value, float) else self.text(name)

    def scalar(self, name: str) -> str:
        """Return a text or a number as text, an empty text for anything else. Raises nothing."""
        value = self._values.get(name)
        return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""

    def any_text(self, name: str) -> str:
        """Return a field of any type as text. Raises nothing."""
        return as_text(self._values.get(name)).strip()

    def choice(self, name: str, choices: Mapping[str, Choice], default: Choice | None = None) -> Choice:
        """Return the value for the field's word; without a default the field is required."""
        word = self.text(name).casefold()
        if not word and default is not None:
            return default
        if word not in choices:
            raise Invalid(self.path(name), f"Must be one of {', '.join(choices)}.")
        return choices[word]

    def time(self, name: str) -> datetime | None:
        """Return a time in UTC; None if it is missing, or Go's zero time."""
        try:
            return read_time(self.text(name))
        except ValueError as error:
            raise Invalid(self.path(name), str(error)) from None

    def labels(self, name: str, *, is_required: bool = False) -> dict[str, str]:
        """Return an object whose values are texts."""
        labels = self._object(name, is_required=is_required)
        for label, text in labels.items():
            if not isinstance(text, str):
                kind = KINDS.get(type(text), "null")
                raise Invalid(self.path(name), f"Must be an object with string values, but {label[:100]} is {kind}.")
        return labels

    def annotations(self, name: str) -> dict[str, str]:
        """Return an object with its values as texts; null values are left out."""
        found = self._object(name, is_required=False)
        return {each: as_text(value) for each, value in found.items() if value is not None}

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object, an empty one for anything else. Raises nothing."""
        value = self._values.get(name)
        return dict(value) if isinstance(value, Mapping) else {}

    def count(self, name: str) -> int:
        """Return a number that is not negative, 0 for anything else. Raises nothing."""
        value = self._values.get(name)
        return min(max(value, 0), MAX_COUNT) if isinstance(value, int) and not isinstance(value, bool) else 0

    def list(self, name: str) -> list[Any]:
        """Return a list of alerts; null is an empty one, as Go's programs write it."""
        value = self._values.get(name)
        return alert_list([] if value is None and name in self._values else value, self.path(name))

    def _object(self, name: str, *, is_required: bool) -> dict[str, Any]:
        value = self._values.get(name)
        if value is None and not is_required:
            return {}
        if not isinstance(value, Mapping):
            raise Invalid(self.path(name), "Must be an object with string values.")
        return dict(value)


def alert_list(values: object, path: str = "") -> list[Any]:
    """Return the list of alerts at `path`. Raises Invalid if it is no list, or too long."""
    if not isinstance(values, list):
        raise Invalid(path or "body", "Must be a list.")
    if len(values) > MAX_ALERTS:
        raise Invalid(path or "body", f"Must not have more than {MAX_ALERTS} alerts.")
    return values


def places(alerts: Sequence[Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, alert) for the alerts of the list at `path`."""
    for index, alert in enumerate(alerts):
        yield (f"{path}.{index}" if path else str(index)), alert
