"""Processes that end between every two steps of a page: nothing is lost or unexplained, and what repeats says so."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from app.composition import Services
from app.models import AlertDecision, Page, PageDelivery
from app.services.access.audit import Editor
from tests.services.alert_rows import end_alert
from tests.services.paging.stage import SENT, UNKNOWN, Crash, Inbox, Stage

ALERTS = 3
KINDS = 3
"""Each alert fires, is acknowledged and ends."""
TICK_S = 4
PLACES = 62
"""How many places the story has at which a process can end."""


class Fuse:
    """Ends the process at the place with this number; before, it counts the places."""

    def __init__(self, length: int) -> None:
        self.left, self.places = length, 0

    def touch(self, place: str) -> None:
        self.places += 1
        self.left -= 1
        if self.left == 0:
            raise Crash


@pytest.fixture
def arm(services: Services, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Fuse]:
    """Return what puts a fuse at every place: each record of a task, each commit, before and after each message."""
    outbox = services.ledger.outbox
    record, publish = outbox.record, outbox.publish

    def put(length: int) -> Fuse:
        fuse = Fuse(length)

        def recorded(*args: Any, **about: Any) -> None:
            record(*args, **about)
            fuse.touch("before the commit")

        def published(tasks: Mapping[str, int | None]) -> None:
            fuse.touch("after the commit")
            publish(tasks)

        monkeypatch.setattr(outbox, "record", recorded)
        monkeypatch.setattr(outbox, "publish", published)
        inbox.touch = fuse.touch
        return fuse

    return put


def live(stage: Stage, seconds: int) -> None:
    """Let time pass; a leader that crashes is followed by another."""
    for _ in range(0, seconds, TICK_S):
        with suppress(Crash):
            stage.tick()
        stage.time.pass_by(TICK_S)


def play(stage: Stage, monitor_id: int, people: list[int]) -> None:
    """Let alerts fire, join and end, while one person of two answers in between."""
    (first, second) = stage.fire(monitor_id, 2)
    live(stage, 40)
    stage.fire(monitor_id, ALERTS - 2, first=3)
    live(stage, 60)
    page = stage.rows(Page)[0]
    while stage.rows(Page)[0].state == "open":
        with suppress(Crash):
            stage.services.paging.pages.acknowledge(page.id, Editor(people[1], "li"))
    live(stage, 40)
    with stage.services.database.transaction() as connection:
        for alert in (first, second, second + 1):
            end_alert(connection, alert)
    live(stage, 80)


def check(stage: Stage, inbox: Inbox) -> None:
    """Nothing is lost, nothing is unexplained, and a message that came twice says so."""
    told = "\n".join(each.message.body for each in inbox.seen)
    assert [number for number in range(1, ALERTS + 1) if f"disk {number} is full" not in told] == []
    assert Counter(row.outcome for row in stage.rows(AlertDecision)) == {"told": KINDS * ALERTS}
    assert {row.state for row in stage.rows(PageDelivery)} <= {"sent", "skipped"}
    assert {row.state for row in stage.rows(Page)} == {"resolved"}
    first_of: set[str] = set()
    for each in inbox.seen:
        assert each.key not in first_of or each.is_repeat, "a message came twice and does not say so"
        first_of.add(each.key)


def test_a_crash_at_any_place_loses_nothing(
    stage: Stage, inbox: Inbox, monitor_id: int, arm: Callable[[int], Fuse], place: int
) -> None:
    wang, li = stage.person("wang", ("phone", 0), ("mail", 20)), stage.person("li", ("pager", 0))
    steps = [(0, [("user", wang)]), (50, [("user", li)])]
    stage.route(escalation_id=stage.escalation(*steps))
    fuse = arm(place)
    play(stage, monitor_id, [wang, li])
    check(stage, inbox)
    assert place or fuse.places <= PLACES, "the test has fewer crashes than the story has places"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", range(PLACES + 1))


def test_a_crash_while_the_receiver_does_not_answer_loses_nothing(
    stage: Stage, inbox: Inbox, monitor_id: int, arm: Callable[[int], Fuse]
) -> None:
    answers = iter([UNKNOWN, UNKNOWN])
    inbox.answer = lambda outgoing: next(answers, SENT)
    wang, li = stage.person("wang", ("phone", 0), ("mail", 20)), stage.person("li", ("pager", 0))
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), (50, [("user", li)])))
    arm(6)
    play(stage, monitor_id, [wang, li])
    check(stage, inbox)
