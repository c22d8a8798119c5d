"""A filter of alerts in words, like "83 open critical alerts of zbx-eu"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.enums import OPEN_STATUSES, AlertStatus, Severity
from app.web.dashboard.formats import number
from app.web.dashboard.translation import translate
from app.web.dashboard.visitor_settings import language

SAID = ("q", "match", "host", "source")
KINDS = ("status", "severity", "min_severity", "suppressed", "stale", "silenced")
LONGEST = 80


def alerts_in_words(
    filters: Mapping[str, Any], count: int | None = None, is_exact: bool = True, names: Mapping[str, str] | None = None
) -> str:
    """Return the alerts that the loaded filters want, in the visitor's language; `names` are those of monitors, hosts.

    Without a count they are named without a number.
    """
    joint = "" if language() == "zh" else " "
    kinds = joint.join(_kinds(filters))
    clauses = "".join(_clauses(filters, names or {}))
    shown = "" if count is None else translate("alerts.words_count", count=f"{number(count)}{'' if is_exact else '+'}")
    key = "alerts.words_one" if count == 1 else "alerts.words"
    text = translate(key, count=shown, kinds=f"{kinds}{joint}" if kinds else "", clauses=clauses)
    return text.strip()


def _kinds(filters: Mapping[str, Any]) -> Iterator[str]:
    statuses = _several(filters.get("status"))
    if statuses and set(statuses) == set(OPEN_STATUSES):
        yield translate("alerts.kind_open")
    elif statuses and set(statuses) != set(AlertStatus):
        yield _listed(translate(f"alerts.kind_status_{each}") for each in statuses)
    yield from (translate(f"alerts.kind_{'' if filters[each] else 'not_'}{each}") for each in _booleans(filters))
    severities = [each for each in _several(filters.get("severity")) if each >= filters.get("min_severity", 0)]
    if not severities and filters.get("min_severity"):
        severities = [int(each) for each in Severity if each >= filters["min_severity"]]
    if severities and len(severities) < len(Severity):
        yield _listed(translate(f"alerts.kind_severity_{each}") for each in severities)


def _booleans(filters: Mapping[str, Any]) -> list[str]:
    return [name for name in ("suppressed", "stale", "silenced") if filters.get(name) is not None]


def _clauses(filters: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    for name in ("monitor_id", "host_id", "host", "source"):
        if values := _several(filters.get(name)):
            yield translate("alerts.clause_of", name=_listed(names.get(f"{name}:{each}", str(each)) for each in values))
    if filters.get("q"):
        yield translate("alerts.clause_q", q=filters["q"])
    if matches := _several(filters.get("match")):
        yield translate("alerts.clause_match", match=_short(" ".join(matches)))
    said = {*KINDS, "monitor_id", "host_id", *SAID, "sort", "page"}
    if more := sum(1 for name, value in filters.items() if name not in said and value is not None):
        yield translate("alerts.clause_more", count=more)


def _several(value: Any) -> Sequence[Any]:
    return () if value in (None, "") else (value,) if isinstance(value, int | str) else tuple(value)


def _listed(words: Iterator[str]) -> str:
    return translate("alerts.and").join(words)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
