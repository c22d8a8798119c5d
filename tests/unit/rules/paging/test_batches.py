"""What is sent in one message, and how alerts are parted into pages."""

from datetime import UTC, datetime, timedelta

from app.enums import DeliveryKind, PageState
from app.rules.paging.batches import is_wanted, message_key, resting_until
from app.rules.paging.groups import group_key
from app.rules.paging.reasons import MAX_HISTORY, dump, ended, load, with_entry
from app.rules.response.notification_examples import BARE, FIRED

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_the_same_deliveries_about_the_same_events_have_the_same_key() -> None:
    one, two = {"id": 1, "up_to_decision": 7}, {"id": 2, "up_to_decision": None}
    assert message_key([one, two]) == message_key([two, one])
    assert message_key([one]) != message_key([one, two])
    assert message_key([one]) != message_key([{**one, "up_to_decision": 8}])


def test_a_channel_rests_after_each_message() -> None:
    assert resting_until(None, NOON) is None
    assert resting_until(NOON - timedelta(seconds=30), NOON) is None
    assert resting_until(NOON - timedelta(seconds=10), NOON) == NOON + timedelta(seconds=20)


def test_what_a_page_no_longer_is_needs_no_message() -> None:
    assert is_wanted(DeliveryKind.PAGE, PageState.OPEN)
    assert not is_wanted(DeliveryKind.PAGE, PageState.ACKNOWLEDGED)
    assert not is_wanted(DeliveryKind.ACKNOWLEDGED, PageState.RESOLVED)
    assert is_wanted(DeliveryKind.RESOLVED, PageState.RESOLVED)


def test_alerts_of_a_route_are_one_page_unless_it_groups_them() -> None:
    assert group_key([], FIRED) == group_key([], BARE) == ""
    assert group_key(["cluster"], FIRED) != group_key(["cluster"], BARE)
    assert group_key(["cluster", "host"], FIRED) == group_key(["host", "cluster"], FIRED)
    assert group_key(["alert"], FIRED) != group_key(["alert"], BARE)


def test_what_became_of_a_message_keeps_why_it_was_sent() -> None:
    stored = ended(dump({"because": {"type": "rota", "name": "值班"}}), "failed", "HTTP 500")
    assert load(stored) == {"because": {"type": "rota", "name": "值班"}, "code": "failed", "detail": "HTTP 500"}
    assert load(None) == {}


def test_a_history_is_limited() -> None:
    history: list[object] = []
    for number in range(MAX_HISTORY + 5):
        history = with_entry(history, NOON, "step", number=number)
    assert (len(history), history[-1]) == (
        MAX_HISTORY,
        {"at": NOON.isoformat(), "code": "step", "number": MAX_HISTORY + 4},
    )
