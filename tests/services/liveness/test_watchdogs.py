"""A watchdog that does not fire is the alarm."""

from dataclasses import replace

import pytest

from app.composition import Services
from app.enums import Language, ReportWay
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.own_messages import translated
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from tests.services.conftest import add_user
from tests.services.liveness.running import Running

HOUR = 3600
WATCHDOG = AlertReport("prometheus", "w", True, "An alert that always fires", labels={"alertname": "Watchdog"})


@pytest.fixture
def guarded(running: Running) -> Running:
    """Return a monitor of which a watchdog is expected."""
    running.set_monitor(watchdogs=["Watchdog"], type="prometheus")
    running.look()
    return running


def test_a_watchdog_that_is_no_longer_repeated_is_the_alarm_until_it_fires_again(guarded: Running) -> None:
    guarded.report(WATCHDOG)
    guarded.run_for(5 * HOUR - 60)
    assert guarded.own_alerts() == []
    guarded.run_for(120)
    [alarm] = guarded.own_alerts()
    assert (alarm["external_id"], alarm["severity"], alarm["status"]) == ("watchdog:Watchdog", 2, 0)
    assert alarm["message"] == (
        "demo: the watchdog Watchdog does not fire, it was last reported at 2026-01-31 12:00 UTC"
    )
    assert "没有触发，最后一次上报于" in translated(Language.CHINESE, alarm["source"], alarm["message"])
    guarded.run_for(24 * HOUR)
    assert [alarm["count"] for alarm in guarded.own_alerts()] == [1]
    guarded.report(WATCHDOG)
    guarded.look()
    assert [alarm["status"] for alarm in guarded.own_alerts()] == [2]


def test_a_watchdog_that_never_came_is_the_alarm_after_the_time_for_its_source(guarded: Running) -> None:
    guarded.run_for(5 * HOUR - 60)
    assert guarded.own_alerts() == []
    guarded.run_for(120)
    [alarm] = guarded.own_alerts()
    assert alarm["message"].endswith("it has never been reported")
    assert "没有触发，从未上报过" in translated(Language.CHINESE, alarm["source"], alarm["message"])


def test_a_watchdog_that_its_source_ended_is_the_alarm_at_once(guarded: Running) -> None:
    guarded.report(WATCHDOG)
    guarded.run_for(60)
    guarded.report(replace(WATCHDOG, is_firing=False))
    guarded.look()
    assert len(guarded.own_alerts(status=0)) == 1


def test_a_person_who_resolves_a_watchdog_raises_no_alarm_at_once(guarded: Running, services: Services) -> None:
    guarded.report(WATCHDOG)
    guarded.run_for(60)
    [alert] = services.alerts.alerts.list(PageRequest()).items
    services.alerts.alert_actions.resolve(alert["id"], Editor(add_user(services, "王伟"), "王伟"))
    guarded.run_for(4 * HOUR)
    assert guarded.own_alerts() == []
    guarded.run_for(2 * HOUR)
    assert len(guarded.own_alerts()) == 1


def test_an_alert_without_labels_is_known_by_its_message(guarded: Running) -> None:
    guarded.set_monitor(watchdogs=["Watchdog"], stale_after_s=600)
    for _ in range(5):
        guarded.report(AlertReport("webhook", "w", True, "Watchdog"))
        guarded.run_for(300)
    assert guarded.own_alerts() == []
    guarded.run_for(660)
    assert len(guarded.own_alerts()) == 1


def test_another_monitors_watchdog_is_not_this_ones(guarded: Running, services: Services) -> None:
    other = services.inventory.monitors.create({"name": "other", "type": "simulator", "url": "simulator://other"})["id"]
    replace(guarded, monitor_id=other).report(WATCHDOG)
    guarded.run_for(6 * HOUR)
    assert len(guarded.own_alerts()) == 1


def test_a_pulled_watchdog_is_the_alarm_after_three_runs(guarded: Running) -> None:
    guarded.schedule("pull_alerts", "* * * * *")
    guarded.look()
    guarded.report(WATCHDOG, way=ReportWay.PULL)
    guarded.run_for(10 * 60)
    assert any(alarm["external_id"] == "watchdog:Watchdog" for alarm in guarded.own_alerts())


@pytest.mark.parametrize("change", [{"watchdogs": []}, {"enabled": False}])
def test_who_no_longer_wants_a_watchdog_ends_its_alarm(guarded: Running, change: dict[str, object]) -> None:
    guarded.run_for(6 * HOUR)
    guarded.set_monitor(**change)
    guarded.look()
    assert [alarm["status"] for alarm in guarded.own_alerts()] == [2]
    guarded.set_monitor(watchdogs=["Watchdog"], enabled=True)
    guarded.run_for(4 * HOUR)
    assert guarded.own_alerts(status=0) == []


def test_time_in_which_nagare_was_down_raises_no_alarm(guarded: Running) -> None:
    guarded.report(WATCHDOG)
    guarded.run_for(HOUR)
    guarded.be_down_for(48 * HOUR)
    guarded.run_for(3 * HOUR)
    assert guarded.own_alerts() == []
