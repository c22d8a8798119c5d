"""Heartbeats from ping to alert: each alert once, whoever looks, and none for what nagare itself missed."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.composition import Services
from app.enums import AlertStatus, HeartbeatStatus, PingKind
from app.services.liveness.heartbeat_pings import Ping
from app.store.database.pages import PageRequest
from tests.services.conftest import Time

ALL = PageRequest(limit=500)
MINUTELY = {
    "name": "备份",
    "interval_s": 60,
    "timezone": "UTC",
    "grace_s": 30,
    "severity": 2,
    "labels": {"host": "db-01"},
    "enabled": True,
}
SUCCESS, START, FAIL = Ping(PingKind.SUCCESS), Ping(PingKind.START), Ping(PingKind.FAIL, 1, "no space left")
DOWN, UP = HeartbeatStatus.DOWN, HeartbeatStatus.UP


@pytest.fixture
def beat(services: Services) -> Mapping[str, Any]:
    return services.liveness.heartbeats.create(MINUTELY)


def receive(services: Services, beat: Mapping[str, Any], ping: Ping) -> HeartbeatStatus:
    return services.liveness.heartbeat_pings.receive(beat["token"], ping)


def pass_by(services: Services, time: Time, seconds: int) -> None:
    """Let time pass in which the API receives pings and the leader looks."""
    for _ in range(seconds):
        time.pass_by(1)
        services.liveness.ping_reception.note()
        services.liveness.heartbeat_watch.tick()


def status(services: Services, beat: Mapping[str, Any]) -> str:
    return str(services.liveness.heartbeats.get(beat["id"])["status"])


def alerts(services: Services) -> list[tuple[str, AlertStatus, int]]:
    found = services.alerts.alerts.list(ALL).items
    return [(each["message"], AlertStatus(each["status"]), each["count"]) for each in found]


def test_a_backup_that_stops_pages_once_and_its_return_resolves(
    services: Services, time: Time, beat: Mapping[str, Any]
) -> None:
    for _ in range(3):
        assert receive(services, beat, SUCCESS) is UP
        pass_by(services, time, 50)
    pass_by(services, time, 11)
    assert (status(services, beat), alerts(services)) == ("late", [])
    pass_by(services, time, 30)
    assert (status(services, beat), alerts(services)) == ("down", [("Heartbeat 备份 is late", AlertStatus.ACTIVE, 1)])
    [alert] = services.alerts.alerts.list(ALL).items
    assert (alert["source"], alert["external_id"], alert["severity"]) == ("nagare", f"heartbeat:{beat['id']}", 2)
    assert receive(services, beat, SUCCESS) is UP
    assert alerts(services) == [("Heartbeat 备份 is late", AlertStatus.RESOLVED, 1)]
    pass_by(services, time, 55)
    assert status(services, beat) == "up"


def test_leaders_at_once_make_one_alert(services: Services, time: Time, beat: Mapping[str, Any]) -> None:
    receive(services, beat, SUCCESS)
    for _ in range(10):
        services.liveness.ping_reception.note()
        time.pass_by(10)
    with ThreadPoolExecutor(4) as threads:
        for tick in [threads.submit(services.liveness.heartbeat_watch.tick) for _ in range(4)]:
            tick.result()
    assert alerts(services) == [("Heartbeat 备份 is late", AlertStatus.ACTIVE, 1)]


def test_one_that_stays_down_repeats_its_alert_with_each_run_that_is_missed(
    services: Services, time: Time, beat: Mapping[str, Any]
) -> None:
    receive(services, beat, FAIL)
    pass_by(services, time, 90)
    assert alerts(services) == [("Heartbeat 备份 is late", AlertStatus.ACTIVE, 2)]
    pass_by(services, time, 180)
    assert alerts(services) == [("Heartbeat 备份 is late", AlertStatus.ACTIVE, 4)]


def test_a_run_that_takes_too_long_is_told(services: Services, time: Time, beat: Mapping[str, Any]) -> None:
    receive(services, beat, START)
    pass_by(services, time, 31)
    assert alerts(services) == [("Heartbeat 备份 did not finish in time", AlertStatus.ACTIVE, 1)]
    assert receive(services, beat, SUCCESS) is UP
    [last, *_] = services.liveness.heartbeats.pings(beat["id"], ALL).items
    assert last["duration_ms"] == services.liveness.heartbeats.get(beat["id"])["last_duration_ms"] == 31_000


def test_nobody_is_paged_for_pings_that_could_not_arrive(
    services: Services, time: Time, beat: Mapping[str, Any]
) -> None:
    receive(services, beat, SUCCESS)
    pass_by(services, time, 5)
    time.pass_by(86_400)
    services.liveness.heartbeat_watch.tick()
    assert (status(services, beat), alerts(services)) == ("up", []), "the leader is back before the API"
    pass_by(services, time, 85)
    assert (status(services, beat), alerts(services)) == ("late", [])
    pass_by(services, time, 10)
    assert [message for message, *_ in alerts(services)] == ["Heartbeat 备份 is late"], "but it is watched again"


def test_what_was_late_before_nagare_stopped_is_told_after(
    services: Services, time: Time, beat: Mapping[str, Any]
) -> None:
    receive(services, beat, SUCCESS)
    for _ in range(91):
        time.pass_by(1)
        services.liveness.ping_reception.note()
    time.pass_by(86_400)
    pass_by(services, time, 1)
    assert [message for message, *_ in alerts(services)] == ["Heartbeat 备份 is late"]


def test_without_a_leader_pings_still_count(services: Services, time: Time, beat: Mapping[str, Any]) -> None:
    for _ in range(100):
        time.pass_by(20)
        services.liveness.ping_reception.note()
        receive(services, beat, SUCCESS)
    services.liveness.heartbeat_watch.tick()
    assert (status(services, beat), alerts(services)) == ("up", [])


def test_a_clock_that_is_set_back_pages_nobody(services: Services, time: Time, beat: Mapping[str, Any]) -> None:
    receive(services, beat, SUCCESS)
    pass_by(services, time, 5)
    time.now = time.now.replace(hour=10)
    pass_by(services, time, 120)
    assert alerts(services) == []
    receive(services, beat, SUCCESS)
    time.now = time.now.replace(hour=16)
    pass_by(services, time, 5)
    assert alerts(services) == []


def test_to_pause_change_or_delete_one_keeps_its_alert_true(
    services: Services, monitor_id: int, beat: Mapping[str, Any]
) -> None:
    manage = services.liveness.heartbeats
    receive(services, beat, FAIL)
    manage.update(beat["id"], {"name": "数据库"})
    failed = "Heartbeat 数据库 reported a failure"
    assert alerts(services) == [(failed, AlertStatus.ACTIVE, 2)]
    manage.update(beat["id"], {"monitor_id": monitor_id})
    assert [state for _, state, _ in alerts(services)] == [AlertStatus.ACTIVE, AlertStatus.RESOLVED]
    manage.update(beat["id"], {"enabled": False})
    assert {state for _, state, _ in alerts(services)} == {AlertStatus.RESOLVED}
    assert receive(services, beat, FAIL) is HeartbeatStatus.PAUSED
    manage.update(beat["id"], {"enabled": True})
    receive(services, beat, FAIL)
    manage.delete(beat["id"])
    assert {state for _, state, _ in alerts(services)} == {AlertStatus.RESOLVED}


def test_the_deletion_of_its_monitor_leaves_it(services: Services, monitor_id: int) -> None:
    beat = services.liveness.heartbeats.create(MINUTELY | {"monitor_id": monitor_id})
    services.inventory.monitors.delete(monitor_id)
    assert services.liveness.heartbeats.get(beat["id"])["monitor_id"] is None
    receive(services, beat, FAIL)
    now = services.liveness.heartbeats.get(beat["id"])["monitor_id"]
    assert services.inventory.monitors.get(now)["name"] == "heartbeats"
    assert len(alerts(services)) == 1


def test_pings_at_once_are_all_recorded_and_only_the_newest_are_kept(services: Services, time: Time) -> None:
    many = [services.liveness.heartbeats.create(MINUTELY | {"name": str(number)}) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        waits = [threads.submit(receive, services, beat, ping) for ping in (START, FAIL, SUCCESS) for beat in many]
        for wait in waits:
            wait.result()
    for beat in many:
        assert len(services.liveness.heartbeats.pings(beat["id"], ALL).items) == 3
    for _ in range(120):
        time.pass_by(1)
        receive(services, many[0], SUCCESS)
    assert len(services.liveness.heartbeats.pings(many[0]["id"], ALL).items) == 100


def test_the_recovery_looks_after_them(services: Services, time: Time, beat: Mapping[str, Any]) -> None:
    receive(services, beat, SUCCESS)
    for _ in range(10):
        services.liveness.ping_reception.note()
        time.pass_by(10)
    services.recovery.tick("leader")
    assert status(services, beat) == "down"
    assert services.liveness.heartbeats.counts() == dict.fromkeys(HeartbeatStatus, 0) | {DOWN: 1}
