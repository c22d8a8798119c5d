"""What an Alertmanager says of the alerts that it keeps quiet: silences, inhibitions and time intervals."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import re2

from app.connectors.answers import cut
from app.connectors.prometheus.alert_rules import read_moment
from app.enums import QuietKind
from app.errors import SourceGarbled
from app.rules.alerts.alert_reports import Quiet

ACTIVE = "active"
SUPPRESSED = "suppressed"
MAX_TEXT = 1000
MAX_REGEX_BYTES = 2**20
MAX_COMPARISONS = 1_000_000
"""Of labels with silences, in one pull."""
NO_END = datetime(9999, 1, 1, tzinfo=UTC)

Matches = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that is in force."""

    quiet: Quiet
    matchers: Sequence[tuple[str, Matches]]
    """Labels, and what their values must fulfil."""

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Return whether it silences an alert with these labels."""
        return bool(self.matchers) and all(matches(labels.get(name, "")) for name, matches in self.matchers)


@dataclass(slots=True)
class KnownQuiet:
    """What one Alertmanager knows."""

    by_fingerprint: Mapping[str, Quiet | None]
    """None for an alert that nothing keeps quiet."""
    silences: Sequence[Silence]
    _left: int = field(default=MAX_COMPARISONS, repr=False)

    def find(self, fingerprint: str, labels: Mapping[str, str]) -> tuple[Quiet | None, bool]:
        """Return what keeps an alert quiet, and whether that is known.

        An Alertmanager that has just started lists no alerts until they are sent again, but it knows its silences.
        """
        if fingerprint in self.by_fingerprint:
            return self.by_fingerprint[fingerprint], True
        self._left -= len(self.silences)
        if self._left < 0:
            return None, False
        quiet = longest(silence.quiet for silence in self.silences if silence.covers(labels))
        return quiet, quiet is not None

    def knows_others_than(self, fingerprints: Collection[str]) -> bool:
        """Return whether it has alerts, but none of these."""
        return bool(fingerprints and self.by_fingerprint) and self.by_fingerprint.keys().isdisjoint(fingerprints)


def read_known_quiet(alerts: object, silences: object) -> KnownQuiet:
    """Return what `/api/v2/alerts` and `/api/v2/silences` say. Raises SourceGarbled if one of them is not a list.

    An entry of another shape than Alertmanager's says nothing.
    """
    if not isinstance(alerts, list) or not isinstance(silences, list):
        raise SourceGarbled("Alertmanager returned something that is not a list")
    active = {id: silence for entry in silences if (silence := _read_silence(entry)) and (id := silence.quiet.id)}
    names = {one["fingerprint"]: _name(one) for one in alerts if _is_alert(one)}
    quiets = {one["fingerprint"]: _read_quiet(one["status"], active, names) for one in alerts if _is_alert(one)}
    return KnownQuiet(quiets, list(active.values()))


def longest(quiets: Iterable[Quiet]) -> Quiet | None:
    """Return the one that lasts longest; one without an end lasts for ever."""
    return max(quiets, key=lambda quiet: quiet.until or NO_END, default=None)


def _is_alert(entry: object) -> bool:
    return (
        isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str) and isinstance(entry.get("status"), dict)
    )


def _name(alert: Mapping[str, Any]) -> str:
    labels = alert.get("labels")
    name = labels.get("alertname") if isinstance(labels, dict) else None
    return cut(name, MAX_TEXT) if isinstance(name, str) else ""


def _read_quiet(status: Mapping[str, Any], silences: Mapping[str, Silence], names: Mapping[str, str]) -> Quiet | None:
    silenced_by, inhibited_by, muted_by = (_texts(status, name) for name in ("silencedBy", "inhibitedBy", "mutedBy"))
    known = [silences[id].quiet if id in silences else Quiet(QuietKind.SILENCE, id) for id in silenced_by]
    if known:
        # A silence whose end is not known says less than one whose end is.
        return longest(quiet for quiet in known if quiet.until) or known[0]
    if inhibited_by:
        return Quiet(QuietKind.INHIBITION, inhibited_by[0], comment=names.get(inhibited_by[0]) or None)
    if muted_by:
        return Quiet(QuietKind.SILENCE, muted_by[0], comment=f"Muted by the time interval {muted_by[0]}")
    return Quiet(QuietKind.SOURCE) if status.get("state") == SUPPRESSED else None


def _read_silence(entry: object) -> Silence | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return None
    status = entry.get("status")
    if not isinstance(status, dict) or status.get("state") != ACTIVE:
        return None
    by, comment = (_text(entry, name) for name in ("createdBy", "comment"))
    quiet = Quiet(QuietKind.SILENCE, cut(entry["id"], MAX_TEXT), by, comment, read_moment(entry.get("endsAt")))
    return Silence(quiet, _read_matchers(entry.get("matchers")))


def _read_matchers(entries: object) -> list[tuple[str, Matches]]:
    """Return the matchers of a silence; none, which match nothing, if one of them cannot be read."""
    try:
        return [_read_matcher(entry) for entry in entries] if isinstance(entries, list) else []
    except (TypeError, KeyError, re2.error):
        return []


def _read_matcher(entry: Any) -> tuple[str, Matches]:
    name, value = entry["name"], entry["value"]
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError
    is_equal = entry.get("isEqual") is not False
    if entry.get("isRegex") is not True:
        return name, lambda text: (text == value) is is_equal
    options = re2.Options()
    options.log_errors, options.max_mem = False, MAX_REGEX_BYTES
    pattern = re2.compile(value, options)
    return name, lambda text: (pattern.fullmatch(text) is not None) is is_equal


def _texts(tree: Mapping[str, Any], name: str) -> list[str]:
    texts = tree.get(name)
    return [cut(text, MAX_TEXT) for text in texts if isinstance(text, str)] if isinstance(texts, list) else []


def _text(tree: Mapping[str, Any], name: str) -> str | None:
    text = tree.get(name)
    return cut(text, MAX_TEXT) if isinstance(text, str) and text else None
