"""Schedules fire once at each time, whoever looks and however late."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from app.composition import Services
from app.errors import Conflict, Invalid, NotFound
from app.store.database.pages import PageRequest
from app.store.ledger import schedules as statements
from tests.services.conftest import Time

ALL = PageRequest(limit=500)


@pytest.fixture
def schedule(services: Services, monitor_id: int) -> Mapping[Any, Any]:
    """Return a pull of hosts every five minutes; it is 12:00."""
    return services.ledger.schedules.create(
        {
            "name": "每五分钟",
            "cron": "*/5 * * * *",
            "timezone": "Asia/Shanghai",
            "task_type": "pull_hosts",
            "params": {"monitor_id": monitor_id},
            "enabled": True,
        }
    )


def task_ids(services: Services) -> list[str]:
    return [task["task_id"] for task in services.ledger.tasks.list(ALL).items]


def end(services: Services, task_id: str) -> None:
    claim = services.ledger.lifecycle.begin(task_id, "worker")
    assert claim is not None
    services.ledger.lifecycle.succeed(claim, {})


def test_it_fires_when_its_time_has_come(
    services: Services, time: Time, schedule: Mapping[Any, Any], monitor_id: int
) -> None:
    time.pass_by(299)
    services.ledger.schedules.tick()
    assert task_ids(services) == []
    time.pass_by(1)
    services.recovery.tick("leader")
    [task_id] = task_ids(services)
    task = services.ledger.tasks.get(task_id)
    assert (task["type"], task["params"], task["monitor_id"]) == ("pull_hosts", {"monitor_id": monitor_id}, monitor_id)
    assert services.ledger.queues.stats()["pull_hosts"] == 1
    fired = services.ledger.schedules.get(schedule["id"])
    assert (fired["last_run_at"], fired["last_task_id"], fired["last_error"]) == (time.now, task_id, None)
    assert fired["next_run_at"].minute == 10
    services.ledger.schedules.tick()
    assert task_ids(services) == [task_id]


def test_schedulers_at_once_fire_once(services: Services, time: Time, schedule: Mapping[Any, Any]) -> None:
    time.pass_by(300)
    with ThreadPoolExecutor(4) as threads:
        for tick in [threads.submit(services.ledger.schedules.tick) for _ in range(4)]:
            tick.result()
    assert len(task_ids(services)) == 1


def test_a_day_that_nobody_looked_is_caught_up_once(
    services: Services, time: Time, schedule: Mapping[Any, Any]
) -> None:
    time.pass_by(86_400 + 1)
    for _ in range(3):
        services.ledger.schedules.tick()
        time.pass_by(1)
    assert len(task_ids(services)) == 1
    assert (services.ledger.schedules.get(schedule["id"])["next_run_at"] - time.now).total_seconds() < 300


def test_a_clock_that_jumps_back_fires_nothing_again(
    services: Services, time: Time, schedule: Mapping[Any, Any]
) -> None:
    time.pass_by(300)
    services.ledger.schedules.tick()
    end(services, task_ids(services)[0])
    time.pass_by(-3600)
    services.ledger.schedules.tick()
    time.pass_by(3600)
    services.ledger.schedules.tick()
    assert len(task_ids(services)) == 1


def test_what_has_not_ended_is_not_asked_for_again(services: Services, time: Time, schedule: Mapping[Any, Any]) -> None:
    time.pass_by(300)
    services.ledger.schedules.tick()
    time.pass_by(300)
    services.ledger.schedules.tick()
    [task_id] = task_ids(services)
    last_error = services.ledger.schedules.get(schedule["id"])["last_error"]
    assert last_error == f"the task {task_id} for the same work has not finished"
    end(services, task_id)
    time.pass_by(300)
    services.ledger.schedules.tick()
    assert len(task_ids(services)) == 2


def test_a_disabled_schedule_or_monitor_asks_for_nothing(
    services: Services, time: Time, schedule: Mapping[Any, Any], monitor_id: int
) -> None:
    services.inventory.monitors.update(monitor_id, {"enabled": False})
    time.pass_by(300)
    services.ledger.schedules.tick()
    assert (
        services.ledger.schedules.get(schedule["id"])["last_error"]
        == f"monitor {monitor_id} is disabled: enable it first"
    )
    services.inventory.monitors.update(monitor_id, {"enabled": True})
    services.ledger.schedules.update(schedule["id"], {"enabled": False})
    time.pass_by(3600)
    services.ledger.schedules.tick()
    assert task_ids(services) == []
    services.ledger.schedules.update(schedule["id"], {"enabled": True})
    assert services.ledger.schedules.get(schedule["id"])["next_run_at"] > time.now


def test_a_schedule_of_a_disabled_monitor_can_be_paused(
    services: Services, schedule: Mapping[Any, Any], monitor_id: int
) -> None:
    services.inventory.monitors.update(monitor_id, {"enabled": False})
    paused = services.ledger.schedules.update(schedule["id"], {"enabled": False, "name": "改名"})
    assert (paused["enabled"], paused["name"]) == (False, "改名")
    with pytest.raises(NotFound):
        services.ledger.schedules.update(schedule["id"], {"params": {"monitor_id": 999}})


def test_a_new_name_does_not_swallow_a_time_that_has_come(
    services: Services, time: Time, schedule: Mapping[Any, Any]
) -> None:
    time.pass_by(300)
    services.ledger.schedules.update(schedule["id"], {"name": "改名"})
    services.ledger.schedules.tick()
    assert len(task_ids(services)) == 1


def test_caught_up_in_a_repeated_hour_it_fires_once(services: Services, time: Time, monitor_id: int) -> None:
    time.now = datetime(2026, 10, 24, 12, tzinfo=UTC)
    fields = {"cron": "30 2 * * *", "timezone": "Europe/Berlin", "task_type": "pull_hosts", "enabled": True}
    made = services.ledger.schedules.create({"name": "nightly", "params": {"monitor_id": monitor_id}, **fields})
    time.now = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    services.ledger.schedules.tick()
    end(services, task_ids(services)[0])
    for _ in range(3):
        time.pass_by(1)
        services.ledger.schedules.tick()
    assert len(task_ids(services)) == 1
    assert services.ledger.schedules.get(made["id"])["next_run_at"] == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("params", [{}, {"count": 3}, {"count": 3, "severity": 2, "seed": 7}])
def test_scheduled_test_alerts_mean_what_a_request_for_them_does(
    services: Services, time: Time, monitor_id: int, params: Mapping[str, Any]
) -> None:
    services.inventory.pulls.items(monitor_id)
    fields = {"cron": "* * * * *", "timezone": "UTC", "task_type": "generate_alerts", "enabled": True}
    services.ledger.schedules.create({"name": "alerts", "params": params, **fields})
    time.pass_by(60)
    services.ledger.schedules.tick()
    [task_id] = task_ids(services)
    claim = services.ledger.lifecycle.begin(task_id, "worker")
    assert claim is not None
    assert services.alerts.alerts.generate(task_id, **claim.params)["count"] == params.get("count", 5)


def test_a_schedule_goes_with_its_monitor(services: Services, schedule: Mapping[Any, Any], monitor_id: int) -> None:
    services.inventory.monitors.delete(monitor_id)
    with pytest.raises(NotFound):
        services.ledger.schedules.get(schedule["id"])


def test_a_zone_that_is_no_more_disables_its_schedules_and_no_others(
    services: Services, time: Time, schedule: Mapping[Any, Any]
) -> None:
    fields = {"cron": "* * * * *", "timezone": "UTC", "task_type": "generate_alerts", "params": {"count": 1}}
    other = services.ledger.schedules.create({"name": "other", "enabled": True, **fields})
    with services.database.transaction() as connection:
        statements.change(connection, schedule["id"], {"timezone": "Asia/Atlantis"})
    time.pass_by(300)
    services.ledger.schedules.tick()
    broken = services.ledger.schedules.get(schedule["id"])
    assert (broken["enabled"], "IANA" in broken["last_error"]) == (False, True)
    assert services.ledger.schedules.get(other["id"])["last_task_id"] in task_ids(services)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"cron": "every day"}, Invalid),
        ({"timezone": "Mars"}, Invalid),
        ({"params": {}}, Invalid),
        ({"params": {"monitor_id": 999}}, NotFound),
        ({"name": "每五分钟"}, Conflict),
    ],
)
def test_what_could_not_be_right_is_refused(
    services: Services, schedule: Mapping[Any, Any], changes: Mapping[str, Any], error: type[Exception]
) -> None:
    fields = {name: schedule[name] for name in ("cron", "timezone", "task_type", "params", "enabled")}
    with pytest.raises(error):
        services.ledger.schedules.create({"name": "new", **fields, **changes})
