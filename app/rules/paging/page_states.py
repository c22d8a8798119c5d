"""Decides what becomes of a page from the state of its alerts and the time."""

from dataclasses import dataclass
from datetime import datetime

from app.enums import PageState


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many alerts of a page are in which state. Suppressed ones concern nobody; they return as news."""

    active: int = 0
    acknowledged: int = 0
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """The state that a page gets, and the code of the reason."""

    state: PageState
    code: str


RESOLVED = Turn(PageState.RESOLVED, "resolved")
SUPPRESSED = Turn(PageState.RESOLVED, "suppressed")
ACKNOWLEDGED = Turn(PageState.ACKNOWLEDGED, "acknowledged")
EXPIRED = Turn(PageState.OPEN, "expired")


def turn_of(
    state: PageState, counts: AlertCounts, now: datetime, until: datetime | None, *, is_reopened: bool
) -> Turn | None:
    """Return what becomes of a page now; None if nothing does.

    `until` is when its acknowledgement expires. With `is_reopened` one expired, so that only a person who acknowledges
    the page itself acknowledges it again. An exhausted page has nobody left to keep quiet for: only the end of its
    alerts resolves it.
    """
    if state is PageState.RESOLVED or (state is PageState.EXHAUSTED and counts.suppressed):
        return None
    if not counts.active and not counts.acknowledged:
        return SUPPRESSED if counts.suppressed else RESOLVED
    if state in (PageState.OPEN, PageState.EXHAUSTED) and not counts.active and not is_reopened:
        return ACKNOWLEDGED
    if state is PageState.ACKNOWLEDGED and until is not None and until <= now:
        return EXPIRED
    return None
