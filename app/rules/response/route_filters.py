"""The filters of one route: whether they hold for a change, how they read, and which one does not hold."""

from collections.abc import Iterator
from typing import Any

from app.enums import NotificationKind, Severity
from app.rules.matchers.matcher import MISSING, do_hold
from app.rules.matchers.texts import text_of
from app.rules.response.notifications import Change, Rule


def does_match(rule: Rule, change: Change) -> bool:
    """Return whether all filters of a rule hold for a change, the cheapest ones first."""
    return (
        change.severity >= rule.min_severity
        and change.kind in rule.on
        and (rule.monitor_id is None or rule.monitor_id == change.monitor_id)
        and (rule.group is None or rule.group in change.groups)
        and (not rule.match or do_hold(rule.match, change.labels, change.fields))
    )


def conditions_of(rule: Rule) -> list[str]:
    """Return the filters of a rule that limit it, in a notation that needs no translation."""
    found = []
    if rule.min_severity > min(Severity):
        found.append(f"severity>={Severity(rule.min_severity).name.lower()}")
    if len(rule.on) < len(NotificationKind):
        found.append(f"on={'|'.join(sorted(rule.on))}")
    if rule.monitor_id is not None:
        found.append(f"monitor_id={rule.monitor_id}")
    if rule.group is not None:
        found.append(f'group="{rule.group}"')
    return [*found, *map(text_of, rule.match)]


def failing(rule: Rule, change: Change) -> dict[str, Any] | None:
    """Return the first filter that does not hold: what it `wanted` and what it `found`; None if all hold."""
    for code, wanted, found, holds in _checks(rule, change):
        if not holds:
            return {"code": code, "wanted": wanted, "found": found}
    return None


def _checks(rule: Rule, change: Change) -> Iterator[tuple[str, str, str, bool]]:
    least = Severity(rule.min_severity)
    severity = Severity(change.severity)
    yield "severity", f"severity>={least.name.lower()}", severity.name.lower(), severity >= least
    yield "kind", f"on={'|'.join(sorted(rule.on))}", str(change.kind), change.kind in rule.on
    is_of_monitor = rule.monitor_id in (None, change.monitor_id)
    yield "monitor", f"monitor_id={rule.monitor_id}", str(change.monitor_id), is_of_monitor
    is_in_group = rule.group is None or rule.group in change.groups
    yield "group", f'group="{rule.group}"', ", ".join(sorted(change.groups)), is_in_group
    for matcher in rule.match:
        values = (change.fields.get(matcher.name) or MISSING) if matcher.is_field else [change.labels.get(matcher.name)]
        found = ", ".join(value or "" for value in values)
        yield "match", text_of(matcher), found, matcher.holds(change.labels, change.fields)
