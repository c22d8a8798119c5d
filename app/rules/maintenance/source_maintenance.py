"""What a source has to be told of a maintenance window, and its stored form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from app.rules.maintenance.occurrences import Occurrence
from app.rules.matchers.matcher import Matcher, Matchers, Operator


@dataclass(frozen=True, slots=True)
class SourceMaintenance:
    """A maintenance at a source: when, and of which hosts or labels."""

    name: str
    comment: str
    periods: Sequence[Occurrence]
    """In order; those that have begun included, those that have ended not."""
    host_external_ids: Sequence[str] | None = None
    """For a source that is told of hosts; None for all of its hosts."""
    matcher_sets: Sequence[Matchers] = ()
    """For a source that is told of labels: alerts must match all matchers of any set."""

    def dump(self) -> dict[str, Any]:
        """Return the JSON to store."""
        hosts = self.host_external_ids
        return {
            "name": self.name,
            "comment": self.comment,
            "periods": [[one.starts_at.isoformat(), one.ends_at.isoformat()] for one in self.periods],
            "hosts": None if hosts is None else [*hosts],
            "matchers": [[[each.name, str(each.operator), each.value] for each in one] for one in self.matcher_sets],
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Self:
        """Return what was stored."""
        return cls(
            stored["name"],
            stored["comment"],
            [Occurrence(*map(datetime.fromisoformat, one)) for one in stored["periods"]],
            stored["hosts"],
            [
                tuple(Matcher(name, Operator(operator), value) for name, operator, value in one)
                for one in stored["matchers"]
            ],
        )
