"""What becomes of a page by its alerts and the time, and of the events that no message covered."""

from datetime import UTC, datetime, timedelta

import pytest

from app.enums import DecisionOutcome, NotificationKind, PageState
from app.rules.paging.decisions import ending_of
from app.rules.paging.page_states import ACKNOWLEDGED, EXPIRED, RESOLVED, SUPPRESSED, AlertCounts, Turn, turn_of

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
OPEN, ACKED = PageState.OPEN, PageState.ACKNOWLEDGED
FIRED, ACKNOWLEDGEMENT, RESOLUTION = NotificationKind


@pytest.mark.parametrize(
    ("state", "counts", "turn"),
    [
        (OPEN, AlertCounts(active=1, acknowledged=5), None),
        (OPEN, AlertCounts(acknowledged=5), ACKNOWLEDGED),
        (OPEN, AlertCounts(), RESOLVED),
        (OPEN, AlertCounts(suppressed=2), SUPPRESSED),
        (OPEN, AlertCounts(acknowledged=1, suppressed=2), ACKNOWLEDGED),
        (ACKED, AlertCounts(acknowledged=1), None),
        (ACKED, AlertCounts(active=1), None),
        (ACKED, AlertCounts(), RESOLVED),
        (PageState.EXHAUSTED, AlertCounts(active=1), None),
        (PageState.EXHAUSTED, AlertCounts(), RESOLVED),
        (PageState.EXHAUSTED, AlertCounts(suppressed=1), None),
        (PageState.EXHAUSTED, AlertCounts(acknowledged=1), ACKNOWLEDGED),
        (PageState.RESOLVED, AlertCounts(active=1), None),
    ],
)
def test_alerts_decide_the_state_of_their_page(state: PageState, counts: AlertCounts, turn: Turn | None) -> None:
    assert turn_of(state, counts, NOON, None, is_reopened=False) == turn


def test_an_acknowledgement_expires_and_then_only_the_page_itself_can_be_acknowledged() -> None:
    counts = AlertCounts(acknowledged=1)
    assert turn_of(ACKED, counts, NOON, NOON + timedelta(seconds=1), is_reopened=False) is None
    assert turn_of(ACKED, counts, NOON, NOON, is_reopened=False) == EXPIRED
    assert turn_of(OPEN, counts, NOON, None, is_reopened=True) is None
    assert turn_of(OPEN, AlertCounts(), NOON, None, is_reopened=True) == RESOLVED


def test_every_event_of_a_page_that_is_not_open_has_an_ending() -> None:
    for state in (ACKED, PageState.RESOLVED, PageState.EXHAUSTED):
        for kind in NotificationKind:
            assert ending_of(state, kind, is_anybody_told=False) is not None
    assert ending_of(OPEN, FIRED, is_anybody_told=False) is None
    exhausted = ending_of(PageState.EXHAUSTED, FIRED, is_anybody_told=True)
    assert exhausted is not None
    assert exhausted.outcome is DecisionOutcome.UNDELIVERABLE


def test_who_was_told_of_a_page_is_told_of_its_end() -> None:
    told = ending_of(PageState.RESOLVED, RESOLUTION, is_anybody_told=True)
    nobody = ending_of(ACKED, ACKNOWLEDGEMENT, is_anybody_told=False)
    assert (told and told.outcome, nobody and nobody.outcome) == (DecisionOutcome.TOLD, DecisionOutcome.DROPPED)
