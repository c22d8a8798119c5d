"""Counts, groups and the timeline of the list of alerts, with the links that filter by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from app.enums import AlertStatus, Severity
from app.rules.alerts.alert_counts import Bucket, Group
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.matcher import Matcher, Operator
from app.rules.matchers.syntax import parse
from app.rules.matchers.texts import text_of_all
from app.services.triage.alert_facets import Facet, Facets, Groups
from app.store.selection.alert_samples import MAX_ALERTS
from app.web.context import services
from app.web.dashboard.alert_list import TABS
from app.web.dashboard.formats import number
from app.web.dashboard.forms import given_filters
from app.web.dashboard.translation import translate

FEW = 1000
"""Counts of more alerts than that come after the list."""
HEIGHT = 40
WIDTH = 600
PARAMETERS = ("severity", "status", "monitor_id", "source", "host")


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to filter by, or one that is filtered by; the link sets or removes the filter."""

    text: str
    count: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of the timeline, as a bar whose parts are the severities, from the most severe at the bottom."""

    x: float
    width: float
    parts: Sequence[tuple[int, float, float]]
    """Severity, y and height."""
    bucket: Bucket
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """A group, with the link to its alerts and the filter for actions on all of them."""

    group: Group
    text: str
    address: str
    filters: Mapping[str, str]


def tab_counts(filters: Mapping[str, Any]) -> dict[str, str]:
    """Return how many alerts each tab has, as far as they are counted."""
    counts = services().triage.alert_facets.statuses(**{name: each for name, each in filters.items() if name != "sort"})
    return {
        name: bounded(
            sum(counts[AlertStatus(each)] for each in statuses),
            any(counts[AlertStatus(each)] > MAX_ALERTS for each in statuses),
        )
        for name, statuses in TABS.items()
    }


def bounded(count: int, is_more: bool) -> str:
    """Return a number, or that there are more than are counted."""
    return f"{number(min(count, MAX_ALERTS))}+" if is_more else number(count)


def choices(found: Facets, monitors: Mapping[int, str]) -> list[tuple[str, list[Choice]]]:
    """Return for each facet its title and its choices; a facet of one value that is not chosen tells nothing."""
    shown = []
    for facet in found.facets:
        title = facet.label or translate(f"alerts.facet_{facet.name}")
        each = [_choice(facet, value, bounded(count, not found.is_exact), monitors) for value, count in facet.values]
        if len(each) > 1 or any(one.is_chosen for one in each):
            shown.append((title, each))
    return shown


def _choice(facet: Facet, value: Any, count: str, monitors: Mapping[int, str]) -> Choice:
    filters = given_filters()
    text = _text(facet.name, value, monitors)
    if facet.name in PARAMETERS:
        is_chosen = filters.get(facet.name) == str(value)
        changed = {name: each for name, each in filters.items() if name != facet.name}
        if not is_chosen:
            changed[facet.name] = str(value)
    else:
        matcher = Matcher(facet.label or "alert.group", Operator.EQUAL, str(value), is_field=facet.label is None)
        given = parse(filters.get("match", ""), ALERT_FIELDS)
        is_chosen = matcher in given
        kept = [each for each in given if each != matcher] if is_chosen else [*given, matcher]
        changed = {**filters, "match": text_of_all(kept) if kept else ""}
    return Choice(text, count, address(changed), is_chosen)


def rows(found: Groups, by: str, monitors: Mapping[int, str], stated: Mapping[str, str]) -> list[Row]:
    """Return the groups as the page shows them."""
    kept = {name: text for name, text in given_filters().items() if name not in ("by", "label")}
    shown = []
    for group, wanted in found.groups:
        more = {name: str(each) for name, each in wanted.items()}
        text = _text("monitor_id" if by == "monitor" else by, group.key, monitors) or translate(f"alerts.without_{by}")
        filters = {name: each for name, each in {**stated, **more}.items() if name not in ("by", "label")}
        shown.append(Row(group, text, address({**kept, **more}), filters))
    return shown


def bars(buckets: Sequence[Bucket]) -> list[Bar]:
    """Return the bars of the timeline."""
    highest = max((sum(bucket.severities.values()) for bucket in buckets), default=0)
    width = WIDTH / max(1, len(buckets))
    found = []
    for place, bucket in enumerate(buckets):
        parts, y = [], float(HEIGHT)
        for severity in sorted(Severity, reverse=True):
            height = HEIGHT * bucket.severities[severity] / highest
            y -= height
            if height:
                parts.append((int(severity), round(y, 1), round(height, 1)))
        times = {"started_after": bucket.starts_at.isoformat(), "started_before": bucket.ends_at.isoformat()}
        span = address({**given_filters(), **times})
        found.append(
            Bar(round(place * width, 1), round(width - 1, 1), parts, bucket, sum(bucket.severities.values()), span)
        )
    return found


def address(filters: Mapping[str, str]) -> str:
    """Return the address of the list with these filters."""
    return f"{request.path}?{_encoded(filters)}" if filters else request.path


def _encoded(filters: Mapping[str, str]) -> str:
    return urlencode({name: text for name, text in filters.items() if text})


def _text(name: str, value: Any, monitors: Mapping[int, str]) -> str:
    if name == "severity":
        return translate(f"severity.{value}")
    if name == "status":
        return translate(f"alert_status.{value}")
    return monitors.get(value, str(value)) if name == "monitor_id" else str(value)
