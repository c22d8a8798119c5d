"""A field mapping: JMESPath expressions that find the alerts in a body, and the fields of an alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from app.errors import Invalid
from app.rules.webhooks.expressions import Node, compile_expression

FIELDS = (
    *("message", "id", "status", "severity", "host", "item", "labels", "annotations", "started_at", "ended_at"),
    *("url", "value", "description", "comment"),
)
EXPRESSIONS = ("alerts", *FIELDS)
FIRING = (
    *("firing", "problem", "active", "alert", "alerting", "alarm", "triggered", "trigger", "open", "opened", "new"),
    *("fired", "activated", "down", "true"),
)
RESOLVED = (
    *("resolved", "ok", "recovered", "recovery", "resolve", "closed", "close", "cleared", "clear", "inactive"),
    *("normal", "deactivated", "up", "false"),
)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A compiled mapping."""

    texts: Mapping[str, str]
    """The expressions as they were written."""
    trees: Mapping[str, Node]
    statuses: Mapping[str, bool]
    """Whether an alert fires, by the word of its status in lower case."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the mapping from a monitor's column `mapping`. Raises Invalid naming the field that is wrong."""
        texts = {name: stored[name] for name in EXPRESSIONS if stored.get(name)}
        if "message" not in texts:
            raise Invalid("message", "Missing data for required field.")
        firing, resolved = _words(stored.get("firing")), _words(stored.get("resolved"))
        both = [word for word in firing if word in resolved]
        if both:
            raise Invalid("resolved", f"The word {both[0]} is among those of `firing` too.")
        own = dict.fromkeys(firing, True) | dict.fromkeys(resolved, False)
        statuses = dict.fromkeys(FIRING, True) | dict.fromkeys(RESOLVED, False) | own
        trees = {name: compile_expression(text, name) for name, text in texts.items()}
        return cls(MappingProxyType(texts), MappingProxyType(trees), MappingProxyType(statuses))


def _words(words: Sequence[str] | None) -> list[str]:
    return [word.strip().casefold() for word in words or ()]
