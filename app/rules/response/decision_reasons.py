"""Why an event is told or not: a code for its sentence, and what the sentence names."""

from collections.abc import Mapping
from typing import Any

from app.enums import RouteTarget
from app.rules.response.routes import Taken

Reason = Mapping[str, Any]

UNMATCHED: Reason = {"code": "unmatched"}
SUPPRESSED: Reason = {"code": "suppressed"}
"""What suppressed it is over by now."""
QUIET_HOURS: Reason = {"code": "quiet_hours"}
"""It fired and ended while its route was quiet."""
ROUTE_DISABLED: Reason = {"code": "route_disabled"}
ROUTE_DELETED: Reason = {"code": "route_deleted"}
ROUTE_CHANGED: Reason = {"code": "route_changed"}
"""Its route ends at something else by now."""
NOBODY_PAGED: Reason = {"code": "nobody_paged"}


def matched(taken: Taken) -> Reason:
    """Return why a route takes an event."""
    return {"code": "matched", **_named(taken), "matchers": [*taken.because]}


def told_already(taken: Taken) -> Reason:
    """Return why the return of an alert is no news to a route that told of it while it was a witness."""
    return {"code": "told_already", **_named(taken)}


def ends_at_nobody(taken: Taken) -> Reason:
    """Return why nobody is told of an event that only a route without a target takes."""
    return {"code": "ends_at_nobody", **_named(taken), "matchers": [*taken.because]}


def witness_of(alert_id: int) -> Reason:
    """Return why nobody is told of an alert: this one tells the same fault."""
    return {"code": "witness", "alert_id": alert_id}


def suppressed_meanwhile(reason: Reason) -> Reason:
    """Return why nobody is told of an event that had to wait: its alert was suppressed before it was told."""
    return {"code": "suppressed_meanwhile", "by": {**reason}}


def undeliverable(state: str | None, code: str | None, error: str | None) -> Reason:
    """Return why the message of an event did not arrive: what became of its task."""
    return {"code": "undeliverable", "state": state or "gone", "reason": code, "error": error}


def is_for_people(taken: Taken) -> bool:
    """Return whether a route that takes an event tells somebody."""
    return taken.route.target is not RouteTarget.NONE


def _named(taken: Taken) -> Reason:
    return {"route_id": taken.route.id, "route": taken.route.name}
