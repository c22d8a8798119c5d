"""Maps the severities of monitoring systems to nagare's, by a table that each monitor can change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self

from app.enums import Severity
from app.errors import Invalid
from app.rules.alerts.severity_words import RANKS, WORDS, ZABBIX_WORDS, is_number, key_of, parts_of, stems_of

MISSING = ""
"""The word of a report whose source has severities and named none."""


class Numbers(StrEnum):
    """What a number means where a source uses numbers as its words, for example in a label."""

    DOWNWARD = "downward"
    """1 is the worst, as in P1 or SEV1: 0 to 2 are critical, 3 is a warning, 4 and more are information."""
    UPWARD = "upward"
    """As in Zabbix: 0 and 1 are information, 2 and 3 a warning, 4 and more critical."""
    NAGARE = "nagare"
    """nagare's own codes: 0 is information, 1 a warning, 2 critical; other numbers are unknown."""


CODES = {
    Numbers.DOWNWARD: RANKS,
    Numbers.UPWARD: (
        *(Severity.INFO, Severity.INFO),
        *(Severity.WARNING, Severity.WARNING),
        *(Severity.CRITICAL, Severity.CRITICAL),
    ),
    Numbers.NAGARE: tuple(Severity),
}
ZABBIX_SEVERITIES = CODES[Numbers.UPWARD]
"""By Zabbix's codes: not classified, information, warning, average, high, disaster."""
DEFAULTS = {key_of(word): severity for word, severity in WORDS.items()}


class Entry(NamedTuple):
    """A word of a severity table."""

    word: str
    severity: Severity
    is_default: bool


@dataclass(frozen=True, slots=True)
class SeverityTable:
    """The severities of one monitor's words: its own entries over the defaults."""

    words: Mapping[str, Severity] = field(default_factory=dict)
    """Its own entries, as they were written."""
    unknown: Severity = Severity.WARNING
    """The severity of alerts whose word nobody knows; the intake counts the word."""
    missing: Severity = Severity.WARNING
    """The severity of alerts whose source named none."""
    numbers: Numbers = Numbers.DOWNWARD
    own: Mapping[str, Severity] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", {key_of(word): severity for word, severity in self.words.items()})

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Self:
        """Return the table of a monitor, from its column `severities`."""
        stored = stored or {}
        return cls(
            words={word: Severity(code) for word, code in stored.get("words", {}).items()},
            unknown=Severity(stored.get("unknown", Severity.WARNING)),
            missing=Severity(stored.get("missing", Severity.WARNING)),
            numbers=Numbers(stored.get("numbers", Numbers.DOWNWARD)),
        )

    @classmethod
    def checked(cls, fields: Mapping[str, Any]) -> Self:
        """Return the table of new entries. Raises Invalid for a word that is blank or there twice."""
        seen: dict[str, str] = {}
        for word in fields.get("words", {}):
            if not key_of(word):
                raise Invalid("words", "A word must not be blank: `missing` is for alerts without a severity.")
            other = seen.setdefault(key_of(word), word)
            if other != word:
                raise Invalid("words", f"{other} and {word} are one word: case, -, _ and spaces make no difference.")
        return cls.of(fields)

    def as_dict(self) -> dict[str, Any]:
        """Return what `of` reads, as JSON."""
        words = {word: int(severity) for word, severity in self.words.items()}
        return {"words": words, "unknown": self.unknown, "missing": self.missing, "numbers": self.numbers}

    def find(self, word: str) -> Severity | None:
        """Return the severity of a source's word, `MISSING` included; None if the table does not know it.

        A word of several parts is known if all of its parts are; the worst one counts.
        """
        if not word.strip():
            return self.missing
        found = next((severity for stem in stems_of(word) if (severity := self._look_up(stem)) is not None), None)
        if found is not None:
            return found
        parts = [self._look_up(part) for part in parts_of(word)]
        known = [severity for severity in parts if severity is not None]
        return max(known) if known and len(known) == len(parts) else None

    def severity_of(self, word: str) -> Severity:
        """Return the severity of a source's word, also if the table does not know it."""
        found = self.find(word)
        return self.unknown if found is None else found

    def entries(self) -> Iterator[Entry]:
        """Yield the words of the table: its own, then the defaults that it does not replace, then the numbers."""
        for word, severity in self.words.items():
            yield Entry(word, severity, is_default=False)
        numbers = {str(number): severity for number, severity in enumerate(CODES[self.numbers])}
        for word, severity in (*WORDS.items(), *numbers.items()):
            if key_of(word) not in self.own:
                yield Entry(word, severity, is_default=True)

    def _look_up(self, key: str) -> Severity | None:
        if key in self.own:
            return self.own[key]
        return self._of_number(int(key)) if is_number(key) and len(key) < 4 else DEFAULTS.get(key)

    def _of_number(self, number: int) -> Severity | None:
        codes = CODES[self.numbers]
        if number < len(codes):
            return codes[number]
        return None if self.numbers is Numbers.NAGARE else codes[-1]


PLAIN = SeverityTable(numbers=Numbers.NAGARE)


def severity_of(word: str | int | None) -> Severity:
    """Return the severity for a word or one of nagare's codes, by the defaults; an unknown one is a warning."""
    return PLAIN.severity_of("" if word is None else str(word))


def zabbix_severity(code: int) -> Severity:
    """Return the severity for Zabbix's code, 0 to 5. Raises ValueError for any other code."""
    if not 0 <= code < len(ZABBIX_SEVERITIES):
        raise ValueError(f"Zabbix has no severity {code}")
    return ZABBIX_SEVERITIES[code]


def zabbix_word(code: int) -> str:
    """Return Zabbix's name for its code, 0 to 5: the `source_severity`. Raises ValueError for any other code."""
    if not 0 <= code < len(ZABBIX_WORDS):
        raise ValueError(f"Zabbix has no severity {code}")
    return ZABBIX_WORDS[code]
