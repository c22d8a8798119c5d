"""Counts of alerts: by value, by group and severity, and by the time at which they began."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.enums import AlertStatus, Severity


@dataclass(slots=True)
class Group:
    """Alerts that have something in common."""

    key: Hashable
    count: int = 0
    severities: Counter[int] = field(default_factory=Counter)
    acknowledged: int = 0
    last_began_at: datetime | None = None

    def add(self, alert: Mapping[Any, Any]) -> None:
        """Count an alert."""
        self.count += 1
        self.severities[alert["severity"]] += 1
        self.acknowledged += alert["status"] == AlertStatus.ACKNOWLEDGED
        began_at = alert["began_at"]
        self.last_began_at = began_at if self.last_began_at is None else max(began_at, self.last_began_at)

    @property
    def rank(self) -> tuple[int, ...]:
        """The order of groups: those with most of the most severe alerts first."""
        return tuple(-self.severities[severity] for severity in sorted(Severity, reverse=True))


def grouped(alerts: Iterable[Mapping[Any, Any]], keys: Mapping[int, Sequence[Hashable]]) -> list[Group]:
    """Return groups of alerts, the worst first; `keys` are those of each alert by its id, which may be several."""
    groups: dict[Hashable, Group] = {}
    for alert in alerts:
        for key in keys[alert["id"]]:
            groups.setdefault(key, Group(key)).add(alert)
    return sorted(groups.values(), key=lambda group: (group.rank, str(group.key)))


def most_common(values: Iterable[Hashable], limit: int) -> list[tuple[Any, int]]:
    """Return the most frequent values with their counts; equally frequent ones by their text."""
    counts = Counter(values)
    return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))[:limit]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A span of time, and how many alerts began in it by severity."""

    starts_at: datetime
    ends_at: datetime
    severities: Counter[int]


def timeline(alerts: Sequence[Mapping[Any, Any]], now: datetime, count: int) -> list[Bucket]:
    """Return `count` spans of equal length from the first alert's start to now; none without alerts."""
    if not alerts:
        return []
    first = min(alert["began_at"] for alert in alerts)
    end = max(now, max(alert["began_at"] for alert in alerts))
    length = max((end - first) / count, timedelta(seconds=1))
    buckets = [Bucket(first + length * place, first + length * (place + 1), Counter()) for place in range(count)]
    for alert in alerts:
        place = min(int((alert["began_at"] - first) / length), count - 1)
        buckets[place].severities[alert["severity"]] += 1
    return buckets
