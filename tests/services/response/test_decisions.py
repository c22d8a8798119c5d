"""What becomes of each event at each route: exactly one row, and exactly one ending."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from app import clock
from app.composition import Services
from app.enums import AlertEventKind
from app.errors import DatabaseUnavailable, WorkerLost
from app.models import Alert, AlertDecision, AlertEvent, Notification, Page, TaskRun
from app.rules.alerts.alert_reports import AlertReport
from app.rules.response.notifications import Change
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.services.response.event_matching import EventMatching
from app.services.response.notifier import Notifier
from app.store.alerts import alert_events
from tests.services.alert_rows import add_alert, add_event
from tests.services.conftest import Time
from tests.services.response.receiver import Receiver
from tests.services.response.test_notifications import attempt, begin, deliver, end, fire, queued, rows
from tests.services.response.test_notifications import notify as notify
from tests.services.response.test_notifications import receiver as receiver
from tests.services.response.test_notifications import serve as serve

pytestmark = pytest.mark.usefixtures("forked_sender")
EDITOR = Editor(1, "值班员")
TREE = {
    "enabled": True,
    "min_severity": 0,
    "kinds": ["fired", "acknowledged", "resolved"],
    "timezone": "UTC",
    "language": "en",
    "batch_s": 0,
    "url_sealed": "",
    "position": 5,
    "continues": False,
}


def add_route(services: Services, name: str, target: str, **values: Any) -> int:
    """Add a route as the API does, but to whatever target."""
    with services.database.transaction() as connection:
        row = {**TREE, "name": name, "target": target, "created_at": clock.now(), **values}
        return int(connection.execute(insert(Notification).returning(Notification.__table__.c.id), row).scalar_one())


def decided(services: Services) -> list[tuple[str, str]]:
    """Return the outcome and the code of each decision."""
    found = rows(services, AlertDecision)
    assert all((row.settled_at is None) == (row.outcome == "pending") for row in found)
    assert len({(row.event_id, row.route_id) for row in found}) == len(found), "two endings of one event at a route"
    return [(row.outcome, row.reason["code"]) for row in sorted(found, key=lambda row: row.id)]


def reason(services: Services) -> dict[str, Any]:
    [row] = rows(services, AlertDecision)
    return dict(row.reason)


def test_what_a_message_tells_is_told_when_it_is_sent(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    rule = notify(match='alert.source="test"', min_severity=1)
    [alert_id] = fire(services, monitor_id)
    services.response.notifier.tick()
    expected = {"code": "matched", "route_id": rule, "route": "值班"}
    matchers = ["severity>=warning", 'alert.source="test"']
    assert reason(services) == {**expected, "matchers": matchers}
    assert decided(services) == [("pending", "matched")]
    assert deliver(services, time) == 1
    [row] = rows(services, AlertDecision)
    assert (row.outcome, row.settled_at, row.alert_id, row.route_id) == ("told", time.now, alert_id, rule)
    assert row.task_id.startswith("notify:")
    assert len(receiver.seen) == 1


def test_what_nobody_listens_to_is_unmatched_once_and_its_end_is_no_news(services: Services, monitor_id: int) -> None:
    [alert_id] = fire(services, monitor_id)
    end(services, alert_id)
    services.response.notifier.tick()
    assert decided(services) == [("unmatched", "unmatched")]
    services.response.notifier.tick()
    assert len(rows(services, AlertDecision)) == 1


def test_a_route_to_nobody_says_so(services: Services, notify: Callable[..., int], monitor_id: int) -> None:
    notify()
    route = add_route(services, "noise", "none", position=-1)
    fire(services, monitor_id)
    services.response.notifier.tick()
    assert reason(services) == {"code": "ends_at_nobody", "route_id": route, "route": "noise", "matchers": []}


def silence(connection: Connection, alert_id: int, time: Time) -> None:
    quiet = {"kind": "silence", "id": "s-1", "by": "anna", "comment": "x" * 5000, "until": "2026-02-01T00:00:00Z"}
    connection.execute(update(Alert).where(Alert.__table__.c.id == alert_id).values(suppressed=True, silenced_by=quiet))


@pytest.mark.parametrize("cause", ["window", "snooze", "silence", "over"])
def test_what_is_suppressed_says_by_what(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time, cause: str
) -> None:
    notify()
    with services.database.transaction() as connection:
        alert_id = add_alert(connection, monitor_id)
    until = time.now + timedelta(hours=1)
    expected: dict[str, Any] = {"code": "suppressed"}
    if cause == "window":
        given = {"name": "升级", "comment": "", "match": 'alert.source="test"', "starts_at": time.now, "ends_at": until}
        window = services.maintenance.windows.create(given, EDITOR)
        expected = {"code": "window", "window_id": window["id"], "window": "升级"}
    elif cause == "snooze":
        services.alerts.alert_actions.snooze(alert_id, EDITOR, until)
        expected = {"code": "snoozed", "until": until.isoformat(), "by": "值班员"}
    with services.database.transaction() as connection:
        if cause == "silence":
            silence(connection, alert_id, time)
            quiet = {"kind": "silence", "id": "s-1", "by": "anna", "until": "2026-02-01T00:00:00Z"}
            expected = {"code": "silenced", **quiet}
        connection.execute(update(Alert).values(suppressed=True))
        add_event(connection, alert_id)
        if cause == "over":
            connection.execute(update(Alert).values(suppressed=False))
    services.response.notifier.tick()
    assert reason(services) == expected
    assert decided(services)[0][0] == "suppressed"


def test_an_alert_that_fires_and_ends_in_one_report_within_a_window_is_suppressed(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify()
    given = {"name": "升级", "comment": "", "match": '{team="works"}', "starts_at": time.now}
    services.maintenance.windows.create({**given, "ends_at": time.now + timedelta(hours=1)}, EDITOR)
    reports = [AlertReport("test", "1", is_firing, "disk", labels={"team": "works"}) for is_firing in (True, False)]
    with services.database.transaction() as connection:
        AlertIntake().take_in(connection, monitor_id, reports, clock.now())
    services.response.notifier.tick()
    assert decided(services) == [("suppressed", "window")] * 2


def test_what_is_suppressed_while_it_waits_is_dropped_and_says_by_what(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify()
    [alert_id] = fire(services, monitor_id)
    services.response.notifier.tick()
    with services.database.transaction() as connection:
        silence(connection, alert_id, time)
    assert deliver(services, time) == 0
    assert decided(services) == [("dropped", "suppressed_meanwhile")]
    assert reason(services)["by"]["id"] == "s-1"
    assert receiver.seen == []


def test_what_fired_and_ended_in_quiet_hours_is_dropped(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(quiet_hours={"from": "11:00", "until": "13:00"})
    over, stands = fire(services, monitor_id, 2)
    end(services, over)
    services.response.notifier.tick()
    time.pass_by(3600)
    assert deliver(services, time) == 1
    assert decided(services) == [("dropped", "quiet_hours"), ("told", "matched"), ("dropped", "quiet_hours")]
    assert stands


@pytest.mark.parametrize("how", ["disabled", "deleted", "changed", "its monitor is deleted", "by the previous release"])
def test_what_waits_for_a_route_that_goes_is_dropped(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time, how: str
) -> None:
    other = int(services.inventory.monitors.create({"name": "b", "type": "simulator", "url": "simulator://b"})["id"])
    rule = notify(monitor_id=other) if "monitor" in how else notify()
    with services.database.transaction() as connection:
        alert_id = add_alert(connection, other if "monitor" in how else monitor_id)
        add_event(connection, alert_id)
    services.response.notifier.tick()
    if how == "disabled":
        services.response.notifications.update(rule, {"enabled": False})
    elif how == "deleted":
        services.response.notifications.delete(rule)
    else:
        with services.database.transaction() as connection:
            route = Notification.__table__.c
            if how == "changed":
                connection.execute(update(Notification).values(target="none", channel_id=None))
            elif how == "by the previous release":
                connection.execute(delete(Notification).where(route.id == rule))
    if "monitor" in how:
        services.inventory.monitors.delete(other)
        assert rows(services, AlertDecision) == [], "the alerts go with their monitor"
        return
    services.response.notifier.tick()
    services.response.decision_settling.look()
    time.pass_by(61)
    services.response.decision_settling.look()
    codes = {"disabled": "route_disabled", "changed": "route_changed"}
    assert decided(services) == [("dropped", codes.get(how, "route_deleted"))]


def fail_for_good(services: Services, receiver: Receiver, task_id: str, time: Time) -> None:
    receiver.respond = lambda request: request.answer({}, 503)
    while attempt(services, task_id) != "dead":
        time.pass_by(60)
        services.recovery.tick("me")


def test_what_a_dead_letter_was_to_tell_is_undeliverable_until_a_person_sends_it(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(batch_s=0)
    fire(services, monitor_id)
    services.response.notifier.tick()
    [task_id] = queued(services)
    fail_for_good(services, receiver, task_id, time)
    services.recovery.tick("me")
    assert decided(services) == [("undeliverable", "undeliverable")]
    assert reason(services)["state"] == "dead"
    assert reason(services)["error"] == "the message was not sent: the receiver returned HTTP 503"
    receiver.respond = lambda request: request.answer()
    services.ledger.dead_letters.retry(task_id)
    assert attempt(services, task_id) == "succeeded"
    assert [outcome for outcome, _ in decided(services)] == ["told"]


def test_what_a_cancelled_message_was_to_tell_is_undeliverable(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(batch_s=0)
    fire(services, monitor_id)
    services.response.notifier.tick()
    [task_id] = queued(services)
    services.ledger.tasks.cancel(task_id)
    services.recovery.tick("me")
    assert decided(services) == [("undeliverable", "undeliverable")]
    assert reason(services)["state"] == "cancelled"


class Pagers:
    """Opens one page for a route, with all events but those of an alert."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.asked: list[tuple[str, list[int]]] = []
        self.published = 0
        self.fault: Exception | None = None

    def page(
        self, connection: Connection, taken: Sequence[tuple[Mapping[Any, Any], Sequence[Change]]]
    ) -> dict[tuple[int, int], int]:
        return {place: page_id for route, changes in taken for place, page_id in self._page(connection, route, changes)}

    def _page(
        self, connection: Connection, route: Mapping[Any, Any], changes: Sequence[Change]
    ) -> list[tuple[tuple[int, int], int]]:
        if self.fault is not None:
            raise self.fault
        self.asked.append((route["name"], [change.alert_id for change in changes]))
        row = {"route_name": route["name"], "route_id": route["id"], "plan": {}, "group_key": "", "title": "x"}
        row |= {"severity": 2, "state": "open", "opened_at": clock.now()}
        page_id = connection.execute(insert(Page).returning(Page.__table__.c.id), row).scalar_one()
        return [((route["id"], change.event_id), page_id) for change in changes if change.message != "nobody"]

    def publish(self) -> None:
        self.published += 1


def notifier_with(services: Services, pager: Pagers) -> Notifier:
    return Notifier(services.database, services.ledger.outbox, EventMatching(pager), 7)


def test_a_route_to_an_escalation_pages_and_its_decisions_have_the_page(services: Services, monitor_id: int) -> None:
    add_route(services, "wake", "escalation")
    pager = Pagers(services)
    first, second = fire(services, monitor_id, 2)
    [nobody] = fire(services, monitor_id, 1, 3, message="nobody")
    notifier_with(services, pager).tick()
    assert pager.asked == [("wake", [first, second, nobody])]
    assert pager.published == 1
    assert decided(services) == [("pending", "matched"), ("pending", "matched"), ("dropped", "nobody_paged")]
    pages = [row.page_id for row in rows(services, AlertDecision)]
    assert pages[0] == pages[1] != pages[2]
    assert pages[2] is None


def test_a_pager_that_fails_leaves_the_events_pending(
    services: Services, notify: Callable[..., int], monitor_id: int
) -> None:
    notify()
    add_route(services, "wake", "team")
    pager = Pagers(services)
    pager.fault = DatabaseUnavailable("gone")
    fire(services, monitor_id)
    with pytest.raises(DatabaseUnavailable):
        notifier_with(services, pager).tick()
    assert decided(services) == []
    assert [event.is_pending for event in rows(services, AlertEvent)] == [True]
    pager.fault = None
    notifier_with(services, pager).tick()
    assert decided(services) == [("pending", "matched")] * 2


CRASHES = [
    "app.services.response.event_matching.decisions.add",
    "app.services.response.event_matching.notification_changes.settle_events",
    "app.services.response.event_matching.EventMatching.publish",
    "app.services.response.notifier.decisions.assign",
    "app.services.ledger.outbox.Outbox.publish",
    "app.channels.outgoing.ChannelSender.send",
    "app.services.response.notification_delivery.record_outcome",
]


@pytest.mark.parametrize("place", CRASHES)
def test_a_crash_between_any_two_steps_changes_nothing(
    services: Services,
    receiver: Receiver,
    notify: Callable[..., int],
    monitor_id: int,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    notify(batch_s=0)
    fire(services, monitor_id, 3)

    class Crash(BaseException):
        pass

    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(place, crash)
        try:
            services.response.notifier.tick()
            claim = begin(services, queued(services)[0])
            services.response.notification_delivery.send(claim.task_id, **claim.params)
        except Crash:
            pass
        else:
            pytest.fail("nothing went that way")
    running = [task for task in rows(services, TaskRun) if task.state == "running"]
    for task in running:
        services.ledger.lifecycle.lose(task.id, "worker/1", WorkerLost("gone"))
    for _ in range(3):
        time.pass_by(60)
        services.recovery.tick("me")
        for task_id in queued(services):
            attempt(services, task_id)
    assert decided(services) == [("told", "matched")] * 3
    unmarked = [title for title in receiver.titles if "possible repeat" not in title]
    assert len(unmarked) <= 1
    assert receiver.seen
    assert {event.is_pending for event in rows(services, AlertEvent)} == {False}


def test_a_route_without_a_channel_sends_to_the_address_that_the_previous_release_wrote(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    rule = notify(batch_s=0)
    with services.database.transaction() as connection:
        connection.execute(update(Notification).values(channel_id=None))
    assert services.response.notifications.get(rule)["delivery"] == "at_most_once"
    fire(services, monitor_id)
    assert deliver(services, time, 0) == 1
    assert len(receiver.seen) == 1
    services.response.notifications.update(rule, {"delivery": "at_least_once"})
    shown = services.response.notifications.get(rule)
    assert (shown["delivery"], shown["channel_id"] is None) == ("at_least_once", False)
    fire(services, monitor_id, first=2)
    assert deliver(services, time, 0) == 1


def test_a_message_that_the_previous_release_made_and_sent_is_told(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(batch_s=0)
    fire(services, monitor_id)
    assert deliver(services, time, 0) == 1
    with services.database.transaction() as connection:
        connection.execute(update(AlertDecision).values(outcome="pending", task_id=None, settled_at=None))
    time.pass_by(120)
    services.response.decision_settling.look()
    services.recovery.tick("me")
    assert decided(services) == [("told", "matched")]


def test_kinds_that_nobody_can_be_told_of_leave_no_decision(
    services: Services, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify()
    [alert_id] = fire(services, monitor_id)
    with services.database.transaction() as connection:
        alert_events.add(connection, [(alert_id, AlertEventKind.COMMENTED)], clock.now())
        assert not connection.execute(select(AlertEvent.is_pending).where(AlertEvent.kind == "commented")).scalar_one()
    services.response.notifier.tick()
    assert len(decided(services)) == 1
