"""What was posted is taken in once, in its order, whatever stops the one who does it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Connection

from app import clock
from app.composition import Services
from app.enums import TaskType
from app.errors import TaskInterrupted
from app.rules.alerts.alert_reports import AlertReport
from app.rules.task_params.alerts import ReceiveAlerts
from app.rules.task_params.pull import PullHosts
from app.rules.webhooks.posted import Posted
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.webhooks import receiving
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from app.store.alerts import webhook_deliveries
from app.store.database.pages import PageRequest
from app.store.ledger import task_fingerprints
from tests.services.conftest import Time

ALL = PageRequest(limit=500)
TASK = "receive_alerts:0"
KEY = "nagare:queue:receive_alerts"
FIRING = AlertReport("webhook", "1", True, "磁盘空间不足")
OVER = replace(FIRING, is_firing=False)

Post = Callable[..., str]


@pytest.fixture
def post(services: Services, monitor_id: int) -> Post:
    """Return what posts reports for the monitor, and answers the task's id."""
    token = services.alerts.webhooks.issue_token(monitor_id)
    return lambda *reports: str(services.alerts.webhooks.accept(token, Posted(reports)).task_id)


def many(count: int, start: int = 0) -> list[AlertReport]:
    return [replace(FIRING, external_id=str(number)) for number in range(start, start + count)]


def alerts(services: Services) -> Sequence[Any]:
    return services.alerts.alerts.list(ALL).items


def take_in(services: Services, claim: Claim) -> dict[str, int]:
    posted = ReceiveAlerts.parse(claim.params)
    intake = services.alerts.webhook_intake
    if posted.reports:
        return intake.take_in_reports(posted.monitor_id, posted.reports, posted.received_at)
    return intake.take_in(claim.task_id, posted.monitor_id)


def history(services: Services, alert_id: int) -> list[str]:
    return [event["kind"] for event in reversed(services.alerts.alerts.events(ALL, alert_id).items)]


def tasks(services: Services) -> list[str]:
    return [task["task_id"] for task in services.ledger.tasks.list(ALL, type=TaskType.RECEIVE_ALERTS).items]


def test_posts_share_the_task_that_nobody_has_begun_and_then_its_standby(
    services: Services, redis: Redis, post: Post, time: Time
) -> None:
    first = {post(FIRING) for _ in range(3)}
    assert len(first) == redis.llen(KEY) == 1
    (task_id,) = first
    assert services.ledger.lifecycle.begin(task_id, "worker")
    second = {post(FIRING) for _ in range(3)}
    assert len(second) == 1
    assert first.isdisjoint(second)
    # It comes soon, whatever became of the one that runs.
    assert redis.llen(KEY) == 1
    time.pass_by(1)
    services.recovery.tick("leader")
    assert redis.llen(KEY) == 2


def test_a_task_that_ends_leaves_what_comes_to_its_standby(
    services: Services, redis: Redis, post: Post, monitor_id: int
) -> None:
    task_id = post(FIRING)
    assert services.ledger.lifecycle.begin(task_id, "worker")
    standby = post(OVER)
    assert services.alerts.webhook_intake.take_in(task_id, monitor_id)["seen"] == 2
    assert redis.llen(KEY) == 2
    # The one that ends takes nothing in any more, although the ledger does not know of its end yet.
    assert post(FIRING) == standby
    assert services.ledger.lifecycle.begin(standby, "worker")
    assert services.alerts.webhook_intake.take_in(standby, monitor_id)["seen"] == 1
    assert post(FIRING) not in (task_id, standby)
    assert redis.llen(KEY) == 3


def test_a_task_leaves_the_rest_to_its_standby_once_that_runs(services: Services, post: Post, monitor_id: int) -> None:
    task_id = post(*many(600))
    assert services.ledger.lifecycle.begin(task_id, "worker")
    standby = post(*many(1, 600))
    assert services.ledger.lifecycle.begin(standby, "worker") is None
    steps: list[int] = []

    def step(done: int, *_: Any) -> None:
        steps.append(done)

    with services.database.transaction() as connection:
        task_fingerprints.hand_over(connection, receiving(monitor_id), "another", clock.now())
    assert services.ledger.lifecycle.begin(standby, "worker")
    assert services.alerts.webhook_intake.take_in(task_id, monitor_id, step)["seen"] == 500
    assert services.alerts.webhook_intake.take_in(standby, monitor_id, step)["seen"] == 101


def test_a_running_pull_of_the_monitor_does_not_hold_its_posts_up(
    services: Services, post: Post, monitor_id: int
) -> None:
    services.inventory.monitors.update(monitor_id, {"max_parallel_tasks": 1})
    pull = services.ledger.submit.accept(Requester(1), PullHosts(monitor_id=monitor_id))
    assert services.ledger.lifecycle.begin(pull, "worker")
    assert services.ledger.lifecycle.begin(post(FIRING), "worker")


def test_many_who_post_at_once_share_one_task(services: Services, post: Post, monitor_id: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        task_ids = set(pool.map(lambda number: post(replace(FIRING, external_id=str(number))), range(40)))
    assert len(task_ids) == 1
    assert services.alerts.webhook_intake.take_in(TASK, monitor_id)["new"] == 40


def test_a_large_post_is_taken_in_whole(services: Services, post: Post, monitor_id: int) -> None:
    post(*many(1200))
    steps: list[int] = []
    counts = services.alerts.webhook_intake.take_in(TASK, monitor_id, step=lambda done, *_: steps.append(done))
    assert (counts["seen"], counts["new"]) == (1200, 1200)
    assert steps == [500, 1000, 1200]


def test_who_stops_between_two_pieces_loses_and_doubles_nothing(
    services: Services, post: Post, monitor_id: int
) -> None:
    for _ in range(2):
        post(*many(700))

    def stop(*_: object) -> None:
        raise TaskInterrupted("the worker is gone")

    for _ in range(2):
        with pytest.raises(TaskInterrupted):
            services.alerts.webhook_intake.take_in(TASK, monitor_id, step=stop)
    services.alerts.webhook_intake.take_in(TASK, monitor_id)
    with services.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT count, count(*) FROM alerts GROUP BY count").all()
    assert [tuple(row) for row in rows] == [(2, 700)]


def test_who_stops_before_the_commit_has_done_nothing(
    services: Services, post: Post, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(FIRING)

    def stop(*_: object) -> None:
        raise TaskInterrupted("the worker is gone")

    with monkeypatch.context() as patch:
        patch.setattr(webhook_deliveries, "remove", stop)
        with pytest.raises(TaskInterrupted):
            services.alerts.webhook_intake.take_in(TASK, monitor_id)
    assert alerts(services) == []
    assert services.alerts.webhook_intake.take_in(TASK, monitor_id)["new"] == 1
    assert [alert["count"] for alert in alerts(services)] == [1]


def test_two_who_take_in_at_once_share_the_work(services: Services, post: Post, monitor_id: int) -> None:
    for number in range(6):
        post(*many(400, start=400 * number))
    together = Barrier(2)

    def take_in(_: int) -> int:
        together.wait()
        return services.alerts.webhook_intake.take_in(TASK, monitor_id).get("seen", 0)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(take_in, range(2))) == 2400
    with services.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alerts WHERE count = 1").scalar_one() == 2400


def test_an_end_never_overtakes_its_beginning(services: Services, post: Post, monitor_id: int, time: Time) -> None:
    for report in (FIRING, OVER, FIRING, OVER):
        post(report)
        time.pass_by(1)
    services.alerts.webhook_intake.take_in(TASK, monitor_id)
    [alert] = alerts(services)
    assert history(services, alert["id"]) == ["fired", "resolved", "reopened", "resolved"]
    assert services.alerts.webhook_intake.take_in(TASK, monitor_id) == {}


def test_what_waited_for_hours_is_dated_to_when_it_was_received(
    services: Services, post: Post, monitor_id: int, time: Time
) -> None:
    begun = time.now
    post(FIRING)
    time.pass_by(600)
    post(OVER)
    over = time.now
    time.pass_by(2 * 3600)
    post(FIRING)
    services.alerts.webhook_intake.take_in(TASK, monitor_id)
    again, first = alerts(services)
    assert (first["first_seen_at"], first["resolved_at"], first["occurrence"]) == (begun, over, 1)
    assert (again["first_seen_at"], again["occurrence"], again["status"]) == (time.now, 2, 0)


class PickyIntake(AlertIntake):
    """An intake that cannot take in one alert, until it is mended."""

    broken = True

    def take_in(
        self, connection: Connection, monitor_id: int, reports: Sequence[AlertReport], *args: Any, **options: Any
    ) -> dict[str, int]:
        if self.broken and any(report.message == "poison" for report in reports):
            raise ValueError("no one can read this")
        return super().take_in(connection, monitor_id, reports, *args, **options)


def test_what_cannot_be_taken_in_is_set_aside_and_holds_nothing_up(
    services: Services, redis: Redis, post: Post, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = PickyIntake()
    monkeypatch.setattr(services.alerts.webhook_intake, "_intake", intake)
    poison = replace(FIRING, external_id="bad", message="poison")
    shared = post(FIRING)
    post(replace(FIRING, external_id="2"), poison)
    post(OVER)
    counts = services.alerts.webhook_intake.take_in(TASK, monitor_id)
    assert (counts["new"], counts["resolved"], counts["set_aside"]) == (1, 1, 2)
    assert [alert["external_id"] for alert in alerts(services)] == ["1"]

    aside = [task_id for task_id in reversed(tasks(services)) if task_id != shared]
    assert len(aside) == 2
    for task_id in aside:
        claim = services.ledger.lifecycle.begin(task_id, "worker")
        assert claim
        try:
            services.ledger.lifecycle.succeed(claim, take_in(services, claim))
        except ValueError as error:
            services.ledger.lifecycle.fail(claim, error)
    [letter] = services.ledger.dead_letters.list(ALL).items
    assert [report["external_id"] for report in letter["params"]["reports"]] == ["bad"]
    assert {alert["external_id"] for alert in alerts(services)} == {"1", "2"}

    intake.broken = False
    services.ledger.dead_letters.retry(letter["task_id"])
    claim = services.ledger.lifecycle.begin(letter["task_id"], "worker")
    assert claim
    assert take_in(services, claim)["new"] == 1


def test_what_another_version_wrote_is_set_aside(services: Services, post: Post, monitor_id: int, time: Time) -> None:
    with services.database.transaction() as connection:
        report = FIRING.as_dict() | {"colour": "red"}
        webhook_deliveries.add(connection, [{"monitor_id": monitor_id, "received_at": time.now, "reports": [report]}])
    post(FIRING)
    counts = services.alerts.webhook_intake.take_in(TASK, monitor_id)
    assert (counts["new"], counts["set_aside"]) == (1, 1)


def test_what_was_forgotten_gets_a_task(services: Services, post: Post, monitor_id: int, time: Time) -> None:
    lost = post(FIRING)
    services.ledger.tasks.cancel(lost)
    time.pass_by(5)
    services.alerts.webhook_intake.tick()
    assert tasks(services) == [lost]
    time.pass_by(6)
    services.alerts.webhook_intake.tick()
    services.alerts.webhook_intake.tick()
    [asked, _] = tasks(services)
    assert services.ledger.lifecycle.begin(asked, "worker")
    services.alerts.webhook_intake.tick()
    assert len(tasks(services)) == 2


def test_a_dead_letter_is_left_to_people_and_replaced_once_it_is_discarded(
    services: Services, post: Post, monitor_id: int, time: Time
) -> None:
    dead = post(FIRING)
    claim = services.ledger.lifecycle.begin(dead, "worker")
    assert claim
    services.ledger.lifecycle.fail(claim, RuntimeError("a bug"))
    time.pass_by(60)
    services.alerts.webhook_intake.tick()
    assert tasks(services) == [dead]
    services.ledger.dead_letters.discard(dead)
    services.alerts.webhook_intake.tick()
    assert len(tasks(services)) == 2
    with services.database.reading() as connection:
        assert task_fingerprints.is_any_open(connection, receiving(monitor_id))


def test_a_monitor_that_is_deleted_takes_its_posts_along(services: Services, post: Post, monitor_id: int) -> None:
    task_id = post(FIRING)
    services.inventory.monitors.delete(monitor_id)
    assert services.ledger.lifecycle.begin(task_id, "worker")
    assert services.alerts.webhook_intake.take_in(TASK, monitor_id) == {}


def test_the_token_brings_the_field_mapping_of_its_monitor(services: Services, monitor_id: int) -> None:
    made = services.inventory.monitors.create({"name": "scripts", "type": "webhook"})
    token, other = (services.alerts.webhooks.issue_token(each) for each in (made["id"], monitor_id))
    services.inventory.mappings.replace(made["id"], {"message": '"标题"', "firing": ["开"]})
    mapping = services.alerts.webhooks.identify(token)
    assert mapping is not None
    assert (mapping.texts, mapping.statuses["开"]) == ({"message": '"标题"'}, True)
    services.inventory.mappings.remove(made["id"])
    assert services.alerts.webhooks.identify(token) is None
    assert services.alerts.webhooks.identify(other) is None
