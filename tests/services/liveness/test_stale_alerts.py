"""An open alert that its source no longer confirms is told apart, and is not open for ever."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.composition import Services
from app.enums import ReportWay, TaskType
from app.rules.alerts.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.store.alerts import alerts
from tests.services.conftest import Time, add_user
from tests.services.liveness.running import ALL, Running

HOUR = 3600
DAY = 24 * HOUR


def test_what_is_not_repeated_becomes_stale_and_is_resolved_by_the_rule(running: Running, time: Time) -> None:
    running.look()
    alert_id = running.alert()
    running.run_for(5 * HOUR - 60)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(120)
    assert running.get(alert_id)["is_stale"] and running.get(alert_id)["status"] == 0
    running.run_for(7 * DAY - 60)
    assert running.get(alert_id)["status"] == 0
    running.run_for(120)
    alert = running.get(alert_id)
    assert (alert["status"], alert["resolution"], alert["is_stale"]) == (2, "stale", False)
    assert alert["resolved_at"] == time.now
    assert running.history(alert_id) == ["stale", "resolved"]
    resolved, stale = running.services.alerts.alerts.events(ALL, alert_id).items
    assert "has not reported" in resolved["comment"] and "nobody knows" in stale["comment"]


def test_a_repeat_confirms_it(running: Running) -> None:
    report = AlertReport("prometheus", "7", True, "磁盘空间不足")
    running.report(report)
    running.run_for(6 * HOUR)
    [alert] = running.services.alerts.alerts.list(ALL).items
    assert alert["is_stale"]
    running.report(report)
    assert not running.get(alert["id"])["is_stale"]
    running.run_for(4 * HOUR)
    assert running.history(alert["id"]) == ["fired", "stale", "confirmed"]


def test_a_stale_alert_that_a_pull_keeps_open_is_confirmed(running: Running) -> None:
    running.schedule()
    running.report(AlertReport("zabbix", "7", True, "磁盘空间不足"), way=ReportWay.PULL)
    running.run_for(HOUR)
    [alert] = running.services.alerts.alerts.list(ALL, source="zabbix").items
    assert alert["is_stale"]
    running.time.pass_by(60)
    with running.services.database.transaction() as connection:
        AlertIntake().keep_open(connection, running.monitor_id, ["7"], running.time.now)
    running.run_for(300)
    assert running.history(alert["id"]) == ["fired", "stale", "confirmed"]
    assert not running.get(alert["id"])["is_stale"]


def test_a_stale_alert_that_was_resolved_is_reopened_by_a_report_of_the_same_start(running: Running) -> None:
    running.set_monitor(stale_after_s=600, resolve_stale_after_s=60)
    report = AlertReport("prometheus", "7", True, "磁盘空间不足", started_at=running.time.now)
    running.report(report)
    for _ in range(2):
        running.run_for(700)
    running.report(report)
    [alert] = running.services.alerts.alerts.list(ALL).items
    assert running.history(alert["id"]) == ["fired", "stale", "resolved", "reopened"]
    assert (alert["resolution"], alert["is_stale"], alert["status"]) == (None, False, 0)


@pytest.mark.parametrize(
    ("values", "after_s"),
    [
        ({"source": "grafana"}, 5 * HOUR),
        ({"source": "zabbix"}, DAY),
        ({"source": "webhook", "status": 1}, DAY),
        ({"suppressed": True}, 5 * HOUR),
        ({"silenced_by": {"kind": "watchdog"}}, 5 * HOUR),
    ],
)
def test_the_time_fits_the_source(running: Running, values: dict[str, Any], after_s: int) -> None:
    running.look()
    alert_id = running.alert(**values)
    running.run_for(after_s - 60)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(120)
    assert running.get(alert_id)["is_stale"]


@pytest.mark.parametrize(
    "values", [{"source": "test"}, {"source": "nagare"}, {"status": 2}, {"silenced_by": {"kind": "silence"}}]
)
def test_what_nobody_would_repeat_is_not_stale(running: Running, values: dict[str, Any]) -> None:
    running.look()
    alert_id = running.alert(**values)
    running.run_for(30 * DAY)
    assert running.history(alert_id) == []


def test_a_monitor_has_a_time_and_a_rule_of_its_own(running: Running) -> None:
    running.set_monitor(stale_after_s=600, resolve_stale_after_s=0)
    running.look()
    posted = running.alert(1)
    pulled = running.alert(2, source="zabbix", pulled_at=running.time.now)
    running.run_for(590)
    assert running.history(posted) == running.history(pulled) == []
    running.run_for(30)
    assert running.history(posted) == running.history(pulled) == ["stale", "resolved"]


def test_a_pulled_alert_is_stale_after_three_runs_without_it(running: Running) -> None:
    running.schedule("sync", "*/5 * * * *")
    running.look()
    alert_id = running.alert(source="zabbix", pulled_at=running.time.now, silenced_by={"kind": "maintenance"})
    running.run_for(19 * 60)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(2 * 60)
    assert running.get(alert_id)["is_stale"]


def test_without_a_schedule_a_pulled_alert_has_the_time_of_its_source(running: Running) -> None:
    running.look()
    alert_id = running.alert(source="zabbix", pulled_at=running.time.now)
    running.run_for(DAY - 60)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(120)
    assert running.get(alert_id)["is_stale"]


def test_time_in_which_nagare_was_down_does_not_count(running: Running) -> None:
    running.look()
    alert_id = running.alert()
    running.run_for(3 * HOUR)
    running.be_down_for(30 * DAY)
    running.run_for(2 * HOUR - 60)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(120)
    assert running.get(alert_id)["is_stale"]


def test_what_was_open_before_nagare_first_looked_gets_its_time(running: Running) -> None:
    alert_id = running.alert(last_seen_at=running.time.now - timedelta(days=90))
    running.look()
    running.run_for(5 * HOUR - 60)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(120)
    assert running.get(alert_id)["is_stale"]


def test_a_disabled_monitor_and_a_paused_queue_make_nothing_stale(running: Running, services: Services) -> None:
    running.look()
    alert_id = running.alert()
    running.set_monitor(enabled=False)
    running.run_for(DAY)
    running.set_monitor(enabled=True)
    services.ledger.queues.pause(TaskType.RECEIVE_ALERTS)
    running.run_for(DAY)
    services.ledger.queues.resume(TaskType.RECEIVE_ALERTS)
    running.run_for(4 * HOUR)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(2 * HOUR)
    assert running.get(alert_id)["is_stale"]


def test_a_monitor_that_was_disabled_gets_the_time_of_its_rule_again(running: Running) -> None:
    running.look()
    alert_id = running.alert()
    running.run_for(6 * HOUR)
    running.set_monitor(enabled=False)
    running.run_for(30 * DAY)
    running.set_monitor(enabled=True)
    running.run_for(6 * DAY)
    assert running.get(alert_id)["status"] == 0
    running.run_for(2 * DAY)
    assert running.get(alert_id)["status"] == 2


def test_a_person_who_reopens_a_stale_alert_gets_the_time_of_the_rule_again(
    running: Running, services: Services
) -> None:
    running.look()
    alert_id = running.alert()
    running.run_for(6 * HOUR)
    editor = Editor(add_user(services, "王伟"), "王伟")
    services.alerts.alert_actions.resolve(alert_id, editor)
    assert not running.get(alert_id)["is_stale"]
    running.run_for(8 * DAY)
    services.alerts.alert_actions.reopen(alert_id, editor)
    running.run_for(6 * DAY)
    alert = running.get(alert_id)
    assert (alert["status"], alert["is_stale"]) == (0, True)


def test_alerts_of_an_ha_pair_need_one_monitor_that_is_enabled(running: Running, services: Services) -> None:
    other = services.inventory.monitors.create({"name": "other", "type": "simulator", "url": "simulator://other"})["id"]
    running.set_monitor(ha_group="pair", enabled=False)
    replace(running, monitor_id=other).set_monitor(ha_group="pair")
    running.look()
    alert_id = running.alert()
    running.run_for(6 * HOUR)
    assert running.get(alert_id)["is_stale"]


def test_all_batches_are_marked_and_by_two_leaders_once(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.liveness.stale_alerts.ALERT_BATCH_SIZE", 2)
    running.look()
    ids = [running.alert(number) for number in range(5)]
    running.run_for(6 * HOUR)
    running.look()
    assert [running.history(alert_id) for alert_id in ids] == [["stale"]] * 5
    assert running.services.liveness.stale_alerts.count() == 5


def test_an_alert_that_is_resolved_as_stale_no_longer_marks_its_host(running: Running, services: Services) -> None:
    services.inventory.pulls.hosts(running.monitor_id)
    [host, *_] = services.inventory.inventory.list_hosts(ALL).items
    running.set_monitor(stale_after_s=60, resolve_stale_after_s=60)
    running.look()
    running.alert(host_id=host["id"])
    with services.database.transaction() as connection:
        alerts.refresh_error_marks(connection, [host["id"]], [], running.time.now)
    assert services.inventory.inventory.get_host(host["id"])["status"] == 2
    for _ in range(2):
        running.run_for(90)
    assert services.inventory.inventory.get_host(host["id"])["status"] == 1
