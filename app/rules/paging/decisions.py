"""Decides what became of an event whose page has nothing more to send."""

from dataclasses import dataclass

from app.enums import DecisionOutcome, NotificationKind, PageState


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of an event, and the code of the reason."""

    outcome: DecisionOutcome
    code: str


TOLD = Ending(DecisionOutcome.TOLD, "page_told")
"""A message that covers the event was accepted."""
ENDINGS = {
    PageState.ACKNOWLEDGED: Ending(DecisionOutcome.DROPPED, "page_answered_first"),
    PageState.RESOLVED: Ending(DecisionOutcome.DROPPED, "page_over_first"),
    PageState.EXHAUSTED: Ending(DecisionOutcome.UNDELIVERABLE, "page_exhausted"),
}


def ending_of(state: PageState, kind: NotificationKind, *, is_anybody_told: bool) -> Ending | None:
    """Return what became of an event that no message of its page covered; None while a message may.

    Whoever was told of a page is told how it ended. An event that says so later is no news then.
    """
    if state is PageState.OPEN:
        return None
    if kind is NotificationKind.FIRED:
        return ENDINGS[state]
    return TOLD if is_anybody_told else Ending(DecisionOutcome.DROPPED, "page_nobody_to_tell")
