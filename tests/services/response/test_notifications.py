"""Who is told of what and when, at most once, and what becomes of a message that is not taken."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select, update

from app.composition import Services
from app.enums import AlertEventKind
from app.errors import Conflict, Invalid, NagareError, NotFound, NotificationFailed, NotificationUncertain
from app.models import Alert, AlertEvent, NotificationChange, NotificationMessage
from app.queue.publisher import message
from app.rules.task_params.notify import Notify
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from app.store.database.pages import PageRequest
from app.store.ledger import task_runs
from app.store.response import notification_messages
from tests.services.alert_rows import add_alert, add_event, end_alert
from tests.services.conftest import Time
from tests.services.response.receiver import SECRET, Receiver, Serve
from tests.unit.connectors.conftest import serve as serve

KEY = "nagare:queue:notify"
BATCH_S = 10

pytestmark = pytest.mark.usefixtures("forked_sender")


@pytest.fixture
def receiver(serve: Serve) -> Receiver:
    return Receiver(serve)


@pytest.fixture
def notify(services: Services, receiver: Receiver) -> Callable[..., int]:
    """Return a maker of rules that go to the receiver."""

    def make(name: str = "值班", **fields: Any) -> int:
        given = {
            "name": name,
            "url": receiver.url,
            "enabled": True,
            "min_severity": 0,
            "monitor_id": None,
            "group": None,
            "on": ["fired", "acknowledged", "resolved"],
            "quiet_hours": None,
            "timezone": "UTC",
            "language": "en",
            "batch_s": BATCH_S,
        }
        return int(services.response.notifications.create(given | fields)["id"])

    return make


def fire(services: Services, monitor_id: int, count: int = 1, first: int = 1, **values: Any) -> list[int]:
    with services.database.transaction() as connection:
        alert_ids = [add_alert(connection, monitor_id, first + number, **values) for number in range(count)]
        for alert_id in alert_ids:
            add_event(connection, alert_id)
    return alert_ids


def end(services: Services, *alert_ids: int) -> None:
    with services.database.transaction() as connection:
        for alert_id in alert_ids:
            end_alert(connection, alert_id)


def queued(services: Services) -> list[str]:
    with services.database.reading() as connection:
        page = task_runs.fetch(connection, page=PageRequest(limit=500), type="notify", state="queued")
    return sorted(task["task_id"] for task in page.items)


def attempt(services: Services, task_id: str) -> str:
    """Run one attempt as a worker does, and return the state that the task is in then."""
    claim = begin(services, task_id)
    try:
        result = services.response.notification_delivery.send(task_id, **claim.params)
    except NagareError as error:
        assert services.ledger.lifecycle.fail(claim, error)
    else:
        assert services.ledger.lifecycle.succeed(claim, result)
    return str(services.ledger.tasks.get(task_id)["state"])


def begin(services: Services, task_id: str) -> Claim:
    claim = services.ledger.lifecycle.begin(task_id, "worker/1")
    assert claim is not None
    return claim


def deliver(services: Services, time: Time, after_s: float = BATCH_S) -> int:
    """Let a batch's time pass, run what is due, and return how many messages that was."""
    services.response.notifier.tick()
    time.pass_by(after_s)
    services.response.notifier.tick()
    task_ids = queued(services)
    for task_id in task_ids:
        assert attempt(services, task_id) == "succeeded"
    return len(task_ids)


def rows(services: Services, model: type[Any]) -> list[Any]:
    with services.database.reading() as connection:
        return list(connection.execute(select(*model.__table__.c)))


def test_two_hundred_alerts_are_one_message(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time, redis: Redis
) -> None:
    rule = notify()
    fire(services, monitor_id, 200)
    services.response.notifier.tick()
    assert queued(services) == []
    time.pass_by(BATCH_S)
    services.response.notifier.tick()
    [task_id] = queued(services)
    assert redis.lrange(KEY, 0, -1) == [message("notify", task_id)]
    assert services.ledger.tasks.get(task_id)["params"] == {"notification_id": rule}
    assert attempt(services, task_id) == "succeeded"
    assert services.ledger.tasks.get(task_id)["result"] == {"sent": 1, "changes": 200}
    [seen] = receiver.seen
    assert seen["title"] == "[nagare] 200 critical fired"
    assert seen["message"].splitlines()[-1] == "… and 180 more"
    assert services.response.notifications.get(rule)["last_sent_at"] == time.now
    time.pass_by(60)
    services.response.notifier.tick()
    assert queued(services) == []


def test_a_message_is_in_chinese_where_the_rule_says_so(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    services.inventory.pulls.hosts(monitor_id)
    host = services.inventory.inventory.list_hosts(PageRequest(limit=500)).items[0]
    notify(language="zh", timezone="Asia/Shanghai", batch_s=0)
    fire(services, monitor_id, host_id=host["id"])
    assert deliver(services, time, 0) == 1
    [seen] = receiver.seen
    assert seen["title"] == f"[nagare] 严重：{host['display_name'] or host['name']}：磁盘空间不足"
    assert "2026-01-31 20:00:00" in seen["message"]
    assert seen["type"] == "failure"


def test_each_rule_tells_of_what_it_is_about(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    services.inventory.pulls.hosts(monitor_id)
    host = services.inventory.inventory.list_hosts(PageRequest(limit=500)).items[0]
    other = int(services.inventory.monitors.create({"name": "b", "type": "simulator", "url": "simulator://demo"})["id"])
    notify("critical", min_severity=2)
    notify("monitor", monitor_id=other)
    notify("group", group=host["groups"][0])
    notify("matchers", match='team=pay,alert.monitor="b"')
    notify("ends", on=["resolved"])
    notify("off", enabled=False)
    [critical] = fire(services, monitor_id, message="critical")
    fire(services, other, first=2, severity=1, message="of the other monitor", labels={"team": "pay"})
    fire(services, monitor_id, first=3, severity=0, host_id=host["id"], message="on the host")
    end(services, critical)
    assert deliver(services, time) == 5
    assert sorted(receiver.titles) == [
        f"[nagare] INFO: {host['display_name'] or host['name']}: on the host",
        "[nagare] RESOLVED: critical",
        "[nagare] RESOLVED: critical",
        "[nagare] WARNING: of the other monitor [team=pay]",
        "[nagare] WARNING: of the other monitor [team=pay]",
    ]
    assert len(rows(services, NotificationChange)) == 6


def test_of_what_is_suppressed_by_now_nobody_is_told(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify()
    before, between = fire(services, monitor_id, 2)

    def suppress(alert_id: int) -> None:
        with services.database.transaction() as connection:
            connection.execute(update(Alert).where(Alert.__table__.c.id == alert_id).values(suppressed=True))

    suppress(before)
    services.response.notifier.tick()
    suppress(between)
    assert deliver(services, time) == 0
    assert rows(services, NotificationChange) == []
    with services.database.transaction() as connection:
        connection.execute(update(Alert).values(suppressed=False))
        add_event(connection, between, AlertEventKind.RETURNED)
    assert deliver(services, time) == 1
    assert receiver.titles == ["[nagare] CRITICAL: Disk space running low"]


def test_quiet_hours_end_with_one_message_of_what_still_stands(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(quiet_hours={"from": "22:00", "until": "07:00"}, timezone="Europe/Berlin")
    # In this night the clocks go one hour forward: 7:00 is 5:00 UTC, not 6:00.
    time.now = datetime(2026, 3, 28, 20, 30, tzinfo=UTC)
    [evening] = fire(services, monitor_id, message="told in the evening")
    assert deliver(services, time) == 1
    time.now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    over, _stands = [*fire(services, monitor_id, first=2, message="over"), *fire(services, monitor_id, first=3)]
    end(services, evening, over)
    for hour, minute in ((23, 59), (4, 59)):
        time.now = datetime(2026, 3, 28 if hour == 23 else 29, hour, minute, tzinfo=UTC)
        services.response.notifier.tick()
        assert queued(services) == []
    time.now = datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    assert deliver(services, time, 0) == 1
    assert receiver.titles[1:] == ["[nagare] 1 critical fired; 1 resolved"]
    assert "over" not in receiver.seen[1]["message"]
    services.response.notifier.tick()
    assert queued(services) == []


def test_a_long_night_is_told_in_messages_of_whole_stories(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(quiet_hours={"from": "11:00", "until": "13:00"})
    alert_ids = fire(services, monitor_id, 1400)
    end(services, *alert_ids[:1399])
    time.pass_by(3600)
    assert deliver(services, time) == 1
    assert receiver.titles == ["[nagare] CRITICAL: Disk space running low"]


def test_a_storm_is_a_few_messages(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify()
    fire(services, monitor_id, 2500)
    assert deliver(services, time) == 3
    assert sum(int(title.split()[1]) for title in receiver.titles) == 2500
    assert {row.is_pending for row in rows(services, AlertEvent)} == {False}


def test_two_leaders_at_once_tell_nobody_twice(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(batch_s=0)
    fire(services, monitor_id, 50)
    leaders = [threading.Thread(target=services.response.notifier.tick) for _ in range(4)]
    for leader in leaders:
        leader.start()
    for leader in leaders:
        leader.join()
    services.response.notifier.tick()
    for task_id in queued(services):
        attempt(services, task_id)
    assert receiver.titles == ["[nagare] 50 critical fired"]


def test_what_a_rule_has_not_told_is_dropped_when_it_is_disabled_or_deleted(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    rule, other = notify(), notify("other")
    fire(services, monitor_id)
    services.response.notifier.tick()
    services.response.notifications.update(rule, {"enabled": False})
    services.response.notifications.delete(other)
    assert deliver(services, time) == 0
    assert rows(services, NotificationChange) == []
    services.response.notifications.update(rule, {"enabled": True})
    assert deliver(services, time) == 0


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_task_whose_rule_is_gone_has_nothing_to_do(
    services: Services,
    receiver: Receiver,
    notify: Callable[..., int],
    monitor_id: int,
    time: Time,
    is_deleted: bool,
) -> None:
    rule = notify(batch_s=0)
    fire(services, monitor_id)
    services.response.notifier.tick()
    [task_id] = queued(services)
    if is_deleted:
        services.response.notifications.delete(rule)
    else:
        services.response.notifications.update(rule, {"enabled": False})
    assert attempt(services, task_id) == "succeeded"
    assert services.ledger.tasks.get(task_id)["result"] == {"sent": 0, "changes": 0}
    assert receiver.seen == []


@pytest.fixture
def task_id(services: Services, notify: Callable[..., int], monitor_id: int, time: Time) -> str:
    """Return the task of a message that waits to be sent, at most once."""
    notify(batch_s=0, delivery="at_most_once")
    fire(services, monitor_id)
    services.response.notifier.tick()
    [task_id] = queued(services)
    return task_id


def again(services: Services, task_id: str, time: Time) -> None:
    """Let the time of a task's retry come."""
    time.pass_by(60)
    services.recovery.tick("me")
    assert services.ledger.tasks.get(task_id)["state"] == "queued"


def test_a_message_that_is_not_taken_is_tried_again_and_then_dead(
    services: Services, receiver: Receiver, task_id: str, time: Time, redis: Redis
) -> None:
    receiver.respond = lambda request: request.answer({"error": f"{SECRET} is unknown"}, 503)
    for _ in range(3):
        assert attempt(services, task_id) == "retrying"
        again(services, task_id, time)
    assert attempt(services, task_id) == "dead"
    assert len(receiver.seen) == 4
    [letter] = map(json.loads, redis.lrange("nagare:queue:dead", 0, -1))
    expected = "the message was not sent: the receiver returned HTTP 503"
    assert (letter["reason"], letter["error"]) == ("notification_failed", expected)
    [rule] = services.response.notifications.list(PageRequest(limit=500)).items
    assert (rule["last_error"], rule["last_sent_at"]) == ("the receiver returned HTTP 503", None)

    receiver.respond = lambda request: request.answer()
    services.ledger.dead_letters.retry(task_id)
    assert attempt(services, task_id) == "succeeded"
    [rule] = services.response.notifications.list(PageRequest(limit=500)).items
    assert (rule["last_error"], rule["last_sent_at"]) == (None, time.now)


def test_a_message_whose_arrival_nobody_knows_is_sent_again_only_by_a_person(
    services: Services, receiver: Receiver, task_id: str, time: Time
) -> None:
    def break_off(request: Any) -> None:
        time.pass_by(1)
        request.reset()

    receiver.respond = break_off
    assert attempt(services, task_id) == "dead"
    assert services.ledger.tasks.get(task_id)["reason"] == "notification_uncertain"
    assert len(receiver.seen) == 1
    time.pass_by(60)
    services.ledger.dead_letters.retry(task_id)
    receiver.respond = lambda request: request.answer()
    assert attempt(services, task_id) == "succeeded"
    assert len(receiver.seen) == 2


def test_a_worker_that_dies_while_it_sends_does_not_send_twice(
    services: Services, receiver: Receiver, task_id: str, time: Time
) -> None:
    for _ in range(2):
        claim = begin(services, task_id)
        with services.database.transaction() as connection:
            notification_messages.mark(connection, task_id, sending_at=time.now)
        time.pass_by(1)
        services.ledger.lifecycle.lose(task_id, "worker/1", NotificationFailed("the worker process exited"))
        again(services, task_id, time)
        # Dies again, between the verdict and its record: the retry must not take it for a person's.
        with pytest.raises(NotificationUncertain):
            services.response.notification_delivery.send(task_id, **claim.params)
    assert attempt(services, task_id) == "dead"
    assert receiver.seen == []
    services.ledger.dead_letters.retry(task_id)
    assert attempt(services, task_id) == "succeeded"
    assert len(receiver.seen) == 1


@pytest.fixture
def repeated_task_id(services: Services, notify: Callable[..., int], monitor_id: int) -> str:
    """Return the task of a message that waits to be sent, at least once."""
    notify(batch_s=0, language="zh")
    fire(services, monitor_id)
    services.response.notifier.tick()
    [task_id] = queued(services)
    return task_id


def test_a_message_whose_arrival_nobody_knows_is_repeated_with_a_mark_and_the_same_key(
    services: Services, receiver: Receiver, repeated_task_id: str, time: Time
) -> None:
    receiver.respond = lambda request: request.reset()
    assert attempt(services, repeated_task_id) == "retrying"
    again(services, repeated_task_id, time)
    receiver.respond = lambda request: request.answer()
    assert attempt(services, repeated_task_id) == "succeeded"
    first, second = receiver.titles
    assert second == f"（可能重复）{first}"
    assert receiver.keys == [repeated_task_id] * 2


def test_a_worker_that_dies_while_it_sends_sends_again_what_may_be_repeated(
    services: Services, receiver: Receiver, repeated_task_id: str, time: Time
) -> None:
    begin(services, repeated_task_id)
    with services.database.transaction() as connection:
        notification_messages.mark(connection, repeated_task_id, sending_at=time.now)
    services.ledger.lifecycle.lose(repeated_task_id, "worker/1", NotificationFailed("the worker process exited"))
    again(services, repeated_task_id, time)
    assert attempt(services, repeated_task_id) == "succeeded"
    assert [title.startswith("（可能重复）") for title in receiver.titles] == [True]


def test_a_repeat_that_is_refused_stays_a_repeat(
    services: Services, receiver: Receiver, repeated_task_id: str, time: Time
) -> None:
    receiver.respond = lambda request: request.reset()
    assert attempt(services, repeated_task_id) == "retrying"
    receiver.respond = lambda request: request.answer({}, 503)
    again(services, repeated_task_id, time)
    assert attempt(services, repeated_task_id) == "retrying"
    receiver.respond = lambda request: request.answer()
    again(services, repeated_task_id, time)
    assert attempt(services, repeated_task_id) == "succeeded"
    assert [title.startswith("（可能重复）") for title in receiver.titles] == [False, True, True]


def test_a_message_that_was_not_taken_is_no_repeat(
    services: Services, receiver: Receiver, repeated_task_id: str, time: Time
) -> None:
    receiver.respond = lambda request: request.answer({}, 503)
    assert attempt(services, repeated_task_id) == "retrying"
    again(services, repeated_task_id, time)
    receiver.respond = lambda request: request.answer()
    assert attempt(services, repeated_task_id) == "succeeded"
    assert len({*receiver.titles}) == 1


def test_a_message_that_was_sent_is_not_sent_again(
    services: Services, receiver: Receiver, task_id: str, time: Time
) -> None:
    claim = begin(services, task_id)
    services.response.notification_delivery.send(task_id, **claim.params)
    services.ledger.lifecycle.lose(task_id, "worker/1", NotificationFailed("the worker process exited"))
    again(services, task_id, time)
    assert attempt(services, task_id) == "succeeded"
    assert services.ledger.tasks.get(task_id)["result"] == {"sent": 1, "changes": 1}
    assert len(receiver.seen) == 1


def test_a_test_message_waits_for_nothing(
    services: Services, receiver: Receiver, notify: Callable[..., int], by: Requester
) -> None:
    rule = notify(quiet_hours={"from": "00:00", "until": "23:59"}, batch_s=3600, enabled=False)
    task_id = services.ledger.submit.accept(by, Notify(notification_id=rule, test=True))
    assert attempt(services, task_id) == "succeeded"
    assert receiver.titles == ["[nagare] Test message"]
    assert "值班" in receiver.seen[0]["message"]
    with pytest.raises(NotFound):
        services.ledger.submit.accept(by, Notify(notification_id=999, test=True))


def test_old_messages_are_pruned_with_what_they_told(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify()
    fire(services, monitor_id)
    assert deliver(services, time) == 1
    time.pass_by(29 * 86_400)
    services.recovery.tick("me")
    assert len(rows(services, NotificationMessage)) == len(rows(services, NotificationChange)) == 1
    time.pass_by(2 * 86_400)
    for _ in range(2):
        services.recovery.tick("me")
        time.pass_by(61)
    assert rows(services, NotificationMessage) == rows(services, NotificationChange) == []


def test_a_rule_that_cannot_be_right_is_refused_by_name(services: Services, notify: Callable[..., int]) -> None:
    notify("first")
    with pytest.raises(Conflict):
        notify("first")
    for field, wrong in (
        ("url", f"nothing://{SECRET}"),
        ("url", "json://169.254.169.254/latest"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc/passwd"),
        ("timezone", "America"),
        ("monitor_id", 999),
    ):
        with pytest.raises(Invalid) as refusal:
            notify("second", **{field: wrong})
        assert refusal.value.field == field
        assert SECRET not in str(refusal.value)


def test_a_message_tells_what_the_source_says_of_the_alert_and_of_a_host_that_nobody_knows(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(batch_s=0, timezone="Asia/Shanghai")
    fire(
        services,
        monitor_id,
        host="vm-17.shop",
        description="The disk is full in 4 h.",
        value="97 %",
        labels={"alertname": "DiskFull", "mountpoint": "/data", "instance": "vm-17.shop"},
        source_severity="P1",
        source_url="http://prometheus.example/graph",
        started_at=datetime(2026, 1, 31, 11, 0, tzinfo=UTC),
    )
    assert deliver(services, time, 0) == 1
    [seen] = receiver.seen
    assert seen["title"] == "[nagare] CRITICAL: vm-17.shop: Disk space running low [mountpoint=/data]"
    for said in (
        *("The disk is full in 4 h.", "value 97 %", "severity at the source P1", "http://prometheus.example/graph"),
        "began 2026-01-31 19:00:00 CST; seen 2026-01-31 20:00:00 CST",
    ):
        assert said in seen["message"]


def test_a_message_is_written_by_the_templates_of_its_notification(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    rule = notify(
        batch_s=0,
        timezone="Asia/Shanghai",
        title_template="{{ notification }}: {{ summary }}",
        body_template="{% for alert in alerts %}\n{{ alert.labels.pod }} {{ alert.first_seen_at|time('%H:%M') }}"
        " {{ alert.annotations.runbook_url }}\n{% endfor %}",
    )
    for number in (1, 2):
        labels, annotations = {"pod": f"cart-{number}"}, {"runbook_url": f"http://runbook/{number}"}
        fire(services, monitor_id, first=number, labels=labels, annotations=annotations)
    assert deliver(services, time, 0) == 1
    [seen] = receiver.seen
    assert seen["title"] == "值班: 2 critical fired"
    assert seen["message"].splitlines() == ["cart-1 20:00 http://runbook/1", "cart-2 20:00 http://runbook/2"]
    assert services.response.notifications.get(rule)["last_error"] is None


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ 'x' * 10 ** 10 if alerts[0].host == 'vm-17' }}", "body_template, line 1: it needs too much memory"),
        ("\n{{ alerts[0].labels['pod'].nothing.at_all if alerts[0].host == 'vm-17' }}", "body_template, line 2: "),
        (
            "{% if alerts[0].host == 'vm-17' %}{% for a in range(99999) %}{% for b in range(99999) %}"
            "{% endfor %}{% endfor %}{% endif %}",
            "body_template: it takes more than",
        ),
    ],
)
def test_a_template_that_fails_loses_no_message(
    services: Services,
    receiver: Receiver,
    notify: Callable[..., int],
    monitor_id: int,
    time: Time,
    source: str,
    reason: str,
) -> None:
    rule = notify(batch_s=0, body_template=source)
    fire(services, monitor_id, host="vm-17")
    assert deliver(services, time, 0) == 1
    [seen] = receiver.seen
    assert seen["title"] == "[nagare] CRITICAL: vm-17: Disk space running low"
    line, note = seen["message"].splitlines()
    assert line.startswith("CRITICAL vm-17: Disk space running low")
    assert note.startswith(f"(This is the built-in text, because the notification's template failed: {reason}")
    shown = services.response.notifications.get(rule)
    assert shown["last_error"].startswith(f"the template failed, so the built-in text was sent: {reason}")
    assert shown["last_sent_at"] == time.now
    services.response.notifications.update(rule, {"body_template": None})
    assert services.response.notifications.get(rule)["last_error"] is None


def test_a_template_that_writes_nothing_still_sends_a_message(
    services: Services, receiver: Receiver, notify: Callable[..., int], monitor_id: int, time: Time
) -> None:
    notify(batch_s=0, title_template="{% if false %}x{% endif %}", body_template=" {# nothing #} ")
    fire(services, monitor_id)
    assert deliver(services, time, 0) == 1
    assert receiver.titles == ["[nagare] CRITICAL: Disk space running low"]
    assert receiver.seen[0]["message"].startswith("CRITICAL Disk space running low")
