"""One matcher, and what it is evaluated on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.rules.matchers.patterns import InvalidMatcher, compile_pattern, does_match

Subject = Mapping[str, Collection[str]]
"""The values of each field; a missing or empty field counts as one empty value."""
MISSING = ("",)


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    UNEQUAL = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on a label or, if `is_field`, on a field of the subject.

    With several values, `=` and `=~` hold if they hold for any of them, and `!=` and `!~` if they hold for all. Raises
    InvalidMatcher for an invalid pattern.
    """

    name: str
    operator: Operator
    value: str
    is_field: bool = False

    def __post_init__(self) -> None:
        if "\0" in self.name + self.value:
            raise InvalidMatcher("Must not contain a NUL character.")
        if self.is_pattern:
            compile_pattern(self.value)

    @property
    def is_pattern(self) -> bool:
        """Whether the value is a regular expression."""
        return self.operator in (Operator.MATCHES, Operator.MATCHES_NOT)

    @property
    def is_negative(self) -> bool:
        """Whether it holds for what `=` or `=~` does not hold for."""
        return self.operator in (Operator.UNEQUAL, Operator.MATCHES_NOT)

    def is_value(self, text: str) -> bool:
        """Return whether the value, or the whole pattern, is this text; negation is not considered."""
        return does_match(self.value, text) if self.is_pattern else text == self.value

    def holds(self, labels: Mapping[str, str], fields: Subject) -> bool:
        """Return whether it holds for a subject with these labels and fields."""
        values = (fields.get(self.name) or MISSING) if self.is_field else (labels.get(self.name, ""),)
        return any(map(self.is_value, values)) is not self.is_negative


Matchers = tuple[Matcher, ...]


def do_hold(matchers: Iterable[Matcher], labels: Mapping[str, str], fields: Subject) -> bool:
    """Return whether all matchers hold for a subject with these labels and fields."""
    return all(matcher.holds(labels, fields) for matcher in matchers)
