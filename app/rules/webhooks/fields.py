"""Reads the fields of a webhook body; an invalid one is rejected with its path, like `alerts.3.labels`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from app.errors import Invalid

MAX_ALERTS = 10_000
# PostgreSQL cannot store NUL, and no encoding a lone surrogate. Losing such a character is better than losing the
# alert.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"

Choice = TypeVar("Choice")


def clean(text: str) -> str:
    """Return the text with characters replaced that no database can store."""
    return UNWRITABLE.sub(REPLACEMENT, text)


class Fields:
    """A JSON object at its path in the body; every method that reads a field raises Invalid."""

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        self._values = values
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def path(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def text(self, name: str) -> str:
        """Return a text, stripped; missing and null are empty. A number is accepted as text."""
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Invalid(self.path(name), "Must be a string.")
        return clean(str(value)).strip()

    def required_text(self, name: str) -> str:
        """Return a non-empty text."""
        text = self.text(name)
        if not text:
            raise Invalid(self.path(name), "Is required, and must not be empty.")
        return text

    def choice(self, name: str, choices: Mapping[str, Choice], default: Choice | None = None) -> Choice:
        """Return the value for the field's word; without a default the field is required."""
        word = self.text(name).casefold()
        if not word and default is not None:
            return default
        if word not in choices:
            raise Invalid(self.path(name), f"Must be one of {', '.join(choices)}.")
        return choices[word]

    def labels(self, name: str, *, is_required: bool = False) -> dict[str, str]:
        """Return an object whose values are texts."""
        value = self._values.get(name)
        if value is None and not is_required:
            return {}
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            raise Invalid(self.path(name), "Must be an object with string values.")
        return {clean(label): clean(text) for label, text in value.items()}

    def objects(self, name: str) -> Iterator["Fields"]:
        """Yield the objects of a list."""
        return objects(self._values.get(name), self.path(name))

    def refuse_others(self, known: Sequence[str]) -> None:
        """Reject unknown fields: one may be a misspelling of a known field."""
        for name in self._values:
            if name not in known:
                raise Invalid(self.path(clean(name)[:100]), f"Unknown field. The known fields are {', '.join(known)}.")


def objects(values: object, path: str = "") -> Iterator[Fields]:
    """Yield the objects of the list at `path`. Raises Invalid if it is no list, or too long."""
    name = path or "body"
    if not isinstance(values, list):
        raise Invalid(name, "Must be a list.")
    if len(values) > MAX_ALERTS:
        raise Invalid(name, f"Must not have more than {MAX_ALERTS} alerts.")
    for index, value in enumerate(values):
        here = f"{path}.{index}" if path else str(index)
        if not isinstance(value, Mapping):
            raise Invalid(here, "Must be an object.")
        yield Fields(value, here)
