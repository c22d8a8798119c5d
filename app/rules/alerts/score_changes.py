"""Finds the drops in a history of the score, and sums up what happened to alerts meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from app.enums import AlertEventKind, Severity
from app.rules.alerts.scores import WEIGHTS

LEAST_DROP = 2
"""A single warning of a large fleet moves the score by one point."""
NAMED_HOSTS = 3
LOWERING = frozenset((AlertEventKind.FIRED, AlertEventKind.REOPENED, AlertEventKind.RETURNED, AlertEventKind.ESCALATED))
RAISING = frozenset(
    (
        *(AlertEventKind.ACKNOWLEDGED, AlertEventKind.RESOLVED, AlertEventKind.EASED),
        *(AlertEventKind.SNOOZED, AlertEventKind.SUPPRESSED),
    )
)

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Drop:
    """A time in which the score only fell, from one sample to another."""

    begin: Row
    end: Row

    @property
    def points(self) -> int:
        """How many points it fell."""
        return int(self.begin["score"] - self.end["score"])


def drops(samples: Sequence[Row], limit: int) -> list[Drop]:
    """Return the largest drops in samples that stand in the order of time, the newest drop first."""
    found: list[Drop] = []
    for before, after in pairwise(samples):
        if after["score"] >= before["score"]:
            continue
        is_same = bool(found) and found[-1].end is before
        begin = found.pop().begin if is_same else before
        found.append(Drop(begin, after))
    large = sorted((drop for drop in found if drop.points >= LEAST_DROP), key=lambda drop: -drop.points)[:limit]
    return sorted(large, key=lambda drop: drop.end["at"], reverse=True)


def summed_up(events: Iterable[Row]) -> list[dict[str, Any]]:
    """Return what happened to alerts, by minute, kind, message and severity; in a minute the heaviest first."""
    groups: dict[tuple[datetime, str, str, int], list[Row]] = {}
    for event in events:
        minute = event["at"].replace(second=0, microsecond=0)
        groups.setdefault((minute, event["kind"], event["message"], event["severity"]), []).append(event)
    found = [_summary(minute, rows) for (minute, *_), rows in groups.items()]
    return sorted(found, key=lambda change: (change["minute"], -change["weight"], change["message"]))


def _summary(minute: datetime, rows: Sequence[Row]) -> dict[str, Any]:
    first = rows[0]
    hosts = list(dict.fromkeys(row["host"] for row in rows if row["host"]))
    return {
        "minute": minute,
        "kind": first["kind"],
        "message": first["message"],
        "severity": first["severity"],
        "source": first["source"],
        "count": len(rows),
        "alert_id": first["alert_id"],
        "hosts": hosts[:NAMED_HOSTS],
        "host_count": len(hosts),
        "users": list(dict.fromkeys(row["username"] for row in rows if row["username"])),
        "lowers": first["kind"] in LOWERING,
        "weight": WEIGHTS[Severity(first["severity"])] * len(rows),
    }
