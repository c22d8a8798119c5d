"""The fields of subjects that matchers can name: dotted names, which no classic label has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.enums import AlertStatus, Severity
from app.rules.matchers.matcher import Matcher, Subject
from app.rules.matchers.patterns import InvalidMatcher


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one kind of subject: by full name, whether regular expressions may be used for it."""

    namespace: str
    takes_patterns: Mapping[str, bool]

    def is_field(self, name: str) -> bool:
        """Return whether a name, written without quotes, means a field and not a label."""
        return name.startswith(f"{self.namespace}.")

    def check(self, matcher: Matcher, place: int) -> None:
        """Check a matcher of a field, written at this place. Raises InvalidMatcher."""
        if matcher.name not in self.takes_patterns:
            known = ", ".join(self.takes_patterns)
            raise InvalidMatcher(
                f"At character {place}: there is no field {matcher.name}; use one of {known},"
                f' or "{matcher.name}" in quotes for a label of this name.'
            )
        if matcher.is_pattern and not self.takes_patterns[matcher.name]:
            raise InvalidMatcher(
                f"At character {place}: {matcher.name} takes no regular expressions: use = or !=, or search with `q`."
            )


ALERT_FIELDS = Fields(
    "alert",
    {
        "alert.host": True,
        "alert.item": False,
        "alert.severity": True,
        "alert.status": True,
        "alert.source": True,
        "alert.monitor": True,
        "alert.group": True,
        "alert.message": False,
        "alert.source_severity": False,
    },
)
"""Some have as many values as there are alerts: nothing could look up those that match a pattern."""


def severity_words(severity: int) -> tuple[str, ...]:
    """Return what `alert.severity` is: the word and the number."""
    return Severity(severity).name.lower(), str(int(severity))


def status_words(status: int) -> tuple[str, ...]:
    """Return what `alert.status` is: the word and the number."""
    return AlertStatus(status).name.lower(), str(int(status))


def alert_subject(row: Mapping[Any, Any]) -> Subject:
    """Return the values of the fields of an alert.

    `row` has the columns of the alert, `monitor_name`, and the `groups`, the `inventory_host` (its name),
    `inventory_host_shown` (its display name) and `inventory_item` of the inventory, which may be None.
    """
    return {
        "alert.host": _given(row["host"], row["inventory_host"], row["inventory_host_shown"]),
        "alert.item": _given(row["item"], row["inventory_item"]),
        "alert.severity": severity_words(row["severity"]),
        "alert.status": status_words(row["status"]),
        "alert.source": _given(row["source"]),
        "alert.monitor": _given(row["monitor_name"]),
        "alert.group": _given(*(row["groups"] or ())),
        "alert.message": _given(row["message"]),
        "alert.source_severity": _given(row["source_severity"]),
    }


def _given(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value)
