"""Sums up what several routes did with one event: it has exactly one ending."""

from collections.abc import Iterable

from app.enums import DecisionOutcome

RANKS = (
    DecisionOutcome.TOLD,
    DecisionOutcome.PENDING,
    DecisionOutcome.UNDELIVERABLE,
    DecisionOutcome.DROPPED,
    DecisionOutcome.SUPPRESSED,
    DecisionOutcome.UNMATCHED,
)
"""The first of these that a route decided is what became of the event: whoever was told was told."""


def outcome_of(decided: Iterable[str], *, is_pending: bool) -> DecisionOutcome | None:
    """Return what became of an event; None for one that nobody is to be told of, or from before decisions were kept."""
    found = {DecisionOutcome(each) for each in decided}
    if is_pending and not found:
        return DecisionOutcome.PENDING
    return next((each for each in RANKS if each in found), None)
