"""What the list of alerts shows: which statuses, in which order, with which columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from app.enums import OPEN_STATUSES, AlertStatus
from app.web.dashboard import cookies
from app.web.dashboard.forms import given_filters
from app.web.lists import LISTS, WORST_FIRST

COLUMNS_COOKIE = "nagare_alert_columns"
COLUMNS = ("severity", "status", "host", "monitor", "source", "count", "duration", "started", "last_seen")
USUAL_COLUMNS = ("severity", "status", "host", "duration", "count", "started", "last_seen")
TABS: Mapping[str, Sequence[AlertStatus]] = {
    "open": OPEN_STATUSES,
    "acknowledged": (AlertStatus.ACKNOWLEDGED,),
    "resolved": (AlertStatus.RESOLVED,),
    "all": tuple(AlertStatus),
}
HEADS = {
    "severity": (WORST_FIRST, "severity,started_at"),
    "duration": ("started_at", "-started_at"),
    "started": ("-started_at", "started_at"),
    "last_seen": ("-last_seen_at", "last_seen_at"),
}
"""The orders of a column: that of its first click, and that of the second."""
DESCENDING = {"severity": WORST_FIRST, "duration": "started_at", "started": "-started_at", "last_seen": "-last_seen_at"}


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column that the list can be ordered by."""

    next_sort: str
    is_sorted: bool
    is_descending: bool


def effective(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the loaded filters with what holds where the address says nothing: open alerts, the worst first."""
    return {**LISTS["alerts"].defaults, **query}


def stated() -> dict[str, str]:
    """Return the filters for the forms of the page: as in the address, with the statuses that are shown."""
    given = {name: text for name, text in given_filters().items() if name != "sort"}
    return {"status": ",".join(str(int(each)) for each in OPEN_STATUSES), **given}


def tab() -> str:
    """Return the chosen tab; an empty text for other statuses."""
    chosen = {text for text in request.args.get("status", "").split(",") if text}
    if not chosen:
        return "open"
    words = {str(int(each)): each for each in AlertStatus} | {each.name.lower(): each for each in AlertStatus}
    statuses = {words.get(text) for text in chosen}
    return next((name for name, each in TABS.items() if statuses == set(each)), "")


def tab_filters(name: str) -> dict[str, str]:
    """Return the address's filters for a tab."""
    kept = {each: text for each, text in given_filters().items() if each != "status"}
    return kept if name == "open" else {**kept, "status": ",".join(str(int(each)) for each in TABS[name])}


def columns() -> Sequence[str]:
    """Return the columns that this browser shows."""
    kept = cookies.read(COLUMNS_COOKIE)
    chosen = USUAL_COLUMNS if kept is None else kept.split(".")
    return [name for name in COLUMNS if name in chosen]


def heads() -> dict[str, Head]:
    """Return the heads of the columns that can be sorted by."""
    sort = request.args.get("sort") or WORST_FIRST
    return {
        name: Head(second if sort == first else first, sort in (first, second), sort == DESCENDING[name])
        for name, (first, second) in HEADS.items()
    }
