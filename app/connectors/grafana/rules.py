"""What the alert rules of a Grafana say about alerts that it does not list."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from app.connectors.answers import cut
from app.errors import SourceGarbled

UNDECIDED = ("error", "err", "nodata", "unknown")
"""Words of `health` for a rule that could not be evaluated, saw no data, or has not run."""
FIRING = "firing"
ZERO_TIME = "0001-"
"""How Go's programs begin a time that never was."""


def undecided_names(answer: object, listed: Collection[str]) -> Sequence[str]:
    """Return the names of rules whose alerts may be missing from the list. Raises SourceGarbled.

    `listed` are the names of rules that have an alert there. A rule that fires without one has not sent its alerts
    again since Grafana started.
    """
    return list(dict.fromkeys(name for name, rule in _rules(answer) if _is_undecided(rule, name in listed)))


def _is_undecided(rule: Mapping[str, Any], is_listed: bool) -> bool:
    evaluated_at = rule.get("lastEvaluation")
    has_not_run = isinstance(evaluated_at, str) and evaluated_at.startswith(ZERO_TIME)
    is_sent = is_listed or rule.get("state") != FIRING
    return rule.get("health") in UNDECIDED or has_not_run or not is_sent


def _rules(answer: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    data = answer.get("data") if isinstance(answer, dict) else None
    for group in _list(data, "groups"):
        for rule in _list(group, "rules"):
            name = rule.get("name") if isinstance(rule, dict) else None
            if not isinstance(name, str) or not isinstance(rule, dict):
                raise SourceGarbled("This is not what Grafana answers: a rule has no name")
            if rule.get("type") != "recording":
                yield cut(name), rule


def _list(tree: object, name: str) -> Sequence[object]:
    found = tree.get(name, False) if isinstance(tree, dict) else False
    if found is None:
        return ()
    if not isinstance(found, list):
        raise SourceGarbled(f"This is not what Grafana answers: {name} is missing or has the wrong type")
    return found
