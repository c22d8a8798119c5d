"""A monitor whose scheduled pulls fail or stop has one alert, which ends by itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.composition import Services
from app.enums import Language, TaskType
from app.rules.alerts.own_messages import translated
from app.services.liveness.watching import Watching
from tests.services.conftest import Time
from tests.services.liveness.running import Running

MINUTE = 60
ERROR = "connection refused"


@pytest.fixture
def pulled(running: Running) -> Running:
    """Return a monitor whose alerts are pulled every five minutes; the pull of 12:00 has succeeded."""
    running.schedule("pull_alerts", "*/5 * * * *")
    running.look()
    running.succeed()
    return running


def test_three_runs_without_success_raise_one_alert_and_a_success_resolves_it(pulled: Running) -> None:
    pulled.run_for(15 * MINUTE)
    assert pulled.own_alerts() == []
    pulled.fail(ERROR)
    pulled.run_for(MINUTE)
    [alert] = pulled.own_alerts()
    assert alert["message"] == f"demo is silent: no pull of alerts has succeeded since 2026-01-31 12:00 UTC: {ERROR}"
    assert "没有成功拉取告警" in translated(Language.CHINESE, alert["source"], alert["message"])
    assert (alert["severity"], alert["status"], alert["monitor_id"]) == (2, 0, pulled.monitor_id)
    assert alert["external_id"] == f"silent:{pulled.monitor_id}"
    assert alert["labels"] == {"alertname": "MonitorSilent", "monitor": "demo"}
    get = pulled.services.inventory.monitors.get
    assert get(pulled.monitor_id)["silent_since"] == pulled.time.now
    pulled.run_for(24 * 60 * MINUTE)
    assert [each["count"] for each in pulled.own_alerts()] == [1]
    pulled.succeed()
    pulled.look()
    [alert] = pulled.own_alerts()
    assert (alert["status"], pulled.history(alert["id"])) == (2, ["fired", "resolved"])
    assert get(pulled.monitor_id)["silent_since"] is None


def test_a_monitor_that_never_answered_counts_from_its_schedule(running: Running) -> None:
    running.run_for(60 * MINUTE)
    running.schedule("sync", "*/5 * * * *")
    running.run_for(14 * MINUTE)
    assert running.own_alerts() == []
    running.run_for(3 * MINUTE)
    [alert] = running.own_alerts()
    assert "no pull of hosts, items and alerts has succeeded since 2026-01-31 13:00 UTC" in alert["message"]
    assert "no task failed" in alert["message"]


def test_other_pulls_that_fail_later_change_the_same_alert(running: Running) -> None:
    running.schedule("pull_alerts", "*/5 * * * *")
    running.schedule("pull_hosts", "0 * * * *")
    running.run_for(17 * MINUTE)
    [alert] = running.own_alerts()
    running.run_for(180 * MINUTE)
    [later] = running.own_alerts()
    assert "no pull of hosts and alerts" in later["message"] and later["id"] == alert["id"]
    running.succeed(TaskType.PULL_ALERTS)
    running.look()
    [later] = running.own_alerts()
    assert "no pull of hosts has" in later["message"] and later["status"] == 0
    running.succeed(TaskType.PULL_HOSTS)
    running.look()
    assert [each["status"] for each in running.own_alerts()] == [2]


def test_a_slow_pull_is_no_silence(pulled: Running) -> None:
    pulled.start()
    pulled.run_for(60 * MINUTE)
    assert pulled.own_alerts() == []


def test_time_in_which_nagare_was_down_is_no_silence(pulled: Running) -> None:
    pulled.run_for(10 * MINUTE)
    pulled.be_down_for(48 * 60 * MINUTE)
    pulled.run_for(5 * MINUTE)
    assert pulled.own_alerts() == []
    pulled.run_for(10 * MINUTE)
    assert len(pulled.own_alerts()) == 1


def test_a_success_while_the_leader_changed_is_seen(pulled: Running) -> None:
    pulled.run_for(10 * MINUTE)
    pulled.succeed()
    pulled.be_down_for(50)
    pulled.run_for(13 * MINUTE)
    assert pulled.own_alerts() == []


PAUSES: dict[str, Callable[[Services, Running, int, bool], object]] = {
    "monitor": lambda _, running, __, on: running.set_monitor(enabled=not on),
    "schedule": lambda services, _, schedule_id, on: services.ledger.schedules.update(schedule_id, {"enabled": not on}),
    "queue": lambda services, _, __, on: (services.ledger.queues.pause if on else services.ledger.queues.resume)(
        TaskType.PULL_ALERTS
    ),
}


@pytest.mark.parametrize("what", PAUSES)
def test_what_a_person_paused_is_not_silent_nor_at_once_when_it_goes_on(
    running: Running, services: Services, what: str
) -> None:
    schedule_id = running.schedule()
    running.run_for(17 * MINUTE)
    assert len(running.own_alerts(status=0)) == 1
    PAUSES[what](services, running, schedule_id, True)
    running.look()
    assert [alert["status"] for alert in running.own_alerts()] == [2]
    running.run_for(600 * MINUTE)
    PAUSES[what](services, running, schedule_id, False)
    running.run_for(12 * MINUTE)
    assert running.own_alerts(status=0) == []
    running.run_for(4 * MINUTE)
    assert len(running.own_alerts(status=0)) == 1


def test_a_more_frequent_schedule_counts_from_its_change(running: Running, services: Services) -> None:
    schedule_id = running.schedule(cron="0 3 * * *")
    running.run_for(20 * 60 * MINUTE)
    services.ledger.schedules.update(schedule_id, {"cron": "* * * * *"})
    running.look()
    assert running.own_alerts() == []
    running.run_for(5 * MINUTE)
    assert len(running.own_alerts()) == 1


def test_a_schedule_of_working_hours_is_not_silent_at_night(running: Running) -> None:
    running.schedule(cron="*/5 9-17 * * *")  # in Shanghai; it is 20:00 there
    running.run_for(13 * 60 * MINUTE)
    assert running.own_alerts() == []
    running.run_for(15 * MINUTE)
    assert len(running.own_alerts()) == 1


def test_two_leaders_raise_one_alert(pulled: Running, services: Services, time: Time) -> None:
    pulled.run_for(15 * MINUTE)
    time.pass_by(50)
    leaders = [Watching(services.database, services.liveness.watching._checks) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        for tick in [threads.submit(leader.tick) for leader in leaders]:
            tick.result()
    [alert] = pulled.own_alerts()
    assert (alert["count"], pulled.history(alert["id"])) == (1, ["fired"])


def test_each_monitor_of_an_ha_pair_is_silent_by_itself(running: Running, services: Services) -> None:
    add = services.inventory.monitors.create
    other = int(add({"name": "other", "type": "simulator", "url": "simulator://other"})["id"])
    pair = [running, replace(running, monitor_id=other)]
    for each in pair:
        each.set_monitor(ha_group="pair")
        each.schedule(name=f"pull of {each.monitor_id}")
    running.run_for(17 * MINUTE)
    assert {alert["message"].partition(" is silent")[0] for alert in running.own_alerts()} == {"demo", "other"}
    pair[1].succeed()
    running.look()
    assert [alert["labels"]["monitor"] for alert in running.own_alerts(status=0)] == ["demo"]


def test_a_monitor_that_is_deleted_takes_its_alert_along(pulled: Running, services: Services) -> None:
    pulled.run_for(17 * MINUTE)
    services.inventory.monitors.delete(pulled.monitor_id)
    pulled.look()
    assert pulled.own_alerts() == []
