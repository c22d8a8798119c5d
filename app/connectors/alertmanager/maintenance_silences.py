"""Tells an Alertmanager of maintenance windows: a silence for each occurrence and each set of matchers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app import clock
from app.connectors.http.client import HttpSource
from app.connectors.maintenance import MaintenanceAbility
from app.connectors.prometheus.alert_rules import read_moment
from app.enums import MaintenanceUnit
from app.errors import SourceGarbled
from app.rules.maintenance.occurrences import Occurrence
from app.rules.maintenance.source_maintenance import SourceMaintenance
from app.rules.matchers.matcher import Matchers

ABILITY = MaintenanceAbility(MaintenanceUnit.LABELS, ahead=timedelta(minutes=30))
PATH = "/api/v2/silences"
EXPIRED = "expired"
AUTHOR = "nagare"
MAX_COMMENT = 1000
PRECISION = timedelta(seconds=1)


class _Silence(NamedTuple):
    """A silence of ours that has not ended."""

    id: str
    starts_at: datetime
    ends_at: datetime
    matchers: frozenset[tuple[Any, ...]]

    def is_for(self, one: Occurrence, matchers: Matchers, now: datetime) -> bool:
        """Return whether it is the silence of an occurrence; one that was created late begins late."""
        is_same_start = abs(self.starts_at - one.starts_at) < PRECISION or one.starts_at < self.starts_at <= now
        is_same_end = abs(self.ends_at - one.ends_at) < PRECISION
        return is_same_start and is_same_end and self.matchers == frozenset(map(_key, _written(matchers)))


def set_silences(source: HttpSource, mark: str, wanted: SourceMaintenance | None) -> list[str]:
    """Let Alertmanager have exactly these silences under the mark; return their ids. Raises SourceError."""
    now = clock.now()
    ours, kept = _find(source, mark), list[str]()
    for one, matchers in _silences(wanted, now):
        same = next((each.id for each in ours if each.id not in kept and each.is_for(one, matchers, now)), None)
        kept.append(same or _create(source, _comment(mark, wanted), one, matchers))
    # The new ones come first, so that nothing is heard between the two.
    for each in ours:
        if each.id not in kept:
            source.delete(f"/api/v2/silence/{each.id}")
    return kept


def _silences(wanted: SourceMaintenance | None, now: datetime) -> Iterator[tuple[Occurrence, Matchers]]:
    if wanted:
        for one in wanted.periods:
            if one.ends_at > now:
                yield from ((one, matchers) for matchers in wanted.matcher_sets)


def _comment(mark: str, wanted: SourceMaintenance | None) -> str:
    return f"{mark}: {wanted.name}\n{wanted.comment}"[:MAX_COMMENT].strip() if wanted else mark


def _find(source: HttpSource, mark: str) -> list[_Silence]:
    entries = source.get_json(PATH)
    if not isinstance(entries, list):
        raise SourceGarbled("Alertmanager returned something that is not a list of silences")
    return [silence for entry in entries if (silence := _read(entry, mark))]


def _read(entry: object, mark: str) -> _Silence | None:
    """Return a silence of ours; None for others and for those that have ended."""
    if not isinstance(entry, dict) or not str(entry.get("comment", "")).startswith(f"{mark}:"):
        return None
    status, matchers = entry.get("status"), entry.get("matchers")
    if isinstance(status, dict) and status.get("state") == EXPIRED:
        return None
    starts_at, ends_at = read_moment(entry.get("startsAt")), read_moment(entry.get("endsAt"))
    if not isinstance(entry.get("id"), str) or starts_at is None or ends_at is None or not isinstance(matchers, list):
        raise SourceGarbled("Alertmanager returned a silence without an id, a time or matchers")
    return _Silence(entry["id"], starts_at, ends_at, frozenset(_key(one) for one in matchers if isinstance(one, dict)))


def _create(source: HttpSource, comment: str, one: Occurrence, matchers: Matchers) -> str:
    answer = source.post_json(
        PATH,
        {
            "matchers": _written(matchers),
            "startsAt": one.starts_at.isoformat(),
            "endsAt": one.ends_at.isoformat(),
            "createdBy": AUTHOR,
            "comment": comment,
        },
    )
    if not isinstance(answer, dict) or not isinstance(answer.get("silenceID"), str):
        raise SourceGarbled("Alertmanager did not say which silence it created")
    return str(answer["silenceID"])


def _written(matchers: Matchers) -> Sequence[dict[str, Any]]:
    return [
        {"name": one.name, "value": one.value, "isRegex": one.is_pattern, "isEqual": not one.is_negative}
        for one in matchers
    ]


def _key(matcher: Mapping[str, Any]) -> tuple[Any, ...]:
    # Releases before 0.22 know no isEqual, and all of their matchers are equal.
    return (*(matcher.get(name) for name in ("name", "value", "isRegex")), matcher.get("isEqual", True))
