"""What sources say of alerts, taken in: links, histories, occurrences, marks, suppression."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.composition import Services
from app.enums import Severity
from app.rules.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.store.database.pages import PageRequest
from tests.services.conftest import Time, add_user

ALL = PageRequest(limit=500)
FIRING = AlertReport("zabbix", "7", True, "磁盘空间不足", Severity.CRITICAL, comment="剩余 3%")


class Source:
    """What takes reports in for one monitor, at the present moment."""

    def __init__(self, services: Services, time: Time, monitor_id: int) -> None:
        self.services = services
        self.time = time
        self.monitor_id = monitor_id

    def say(self, *reports: AlertReport, is_pull: bool = False) -> dict[str, int]:
        with self.services.database.transaction() as connection:
            return AlertIntake().take_in(connection, self.monitor_id, reports, self.time.now, is_pull=is_pull)

    def pull_without(self) -> int:
        with self.services.database.transaction() as connection:
            return AlertIntake().end_unseen(connection, self.monitor_id, self.time.now)

    def alerts(self, **filters: Any) -> Sequence[Any]:
        return self.services.alerts.alerts.list(ALL, **filters).items

    def history(self, alert_id: int) -> list[str]:
        return [event["kind"] for event in reversed(self.services.alerts.alerts.events(ALL, alert_id).items)]


@pytest.fixture
def source(services: Services, time: Time, monitor_id: int) -> Source:
    services.inventory.pulls.items(monitor_id)
    return Source(services, time, monitor_id)


@pytest.fixture
def editor(services: Services) -> Editor:
    return Editor(add_user(services, "王伟"), "王伟")


def test_an_alert_is_linked_to_its_host_and_item_by_external_ids_or_names(services: Services, source: Source) -> None:
    [first, second, _] = services.inventory.inventory.list_hosts(ALL).items
    items = services.inventory.inventory.list_items(ALL, host_id=second["id"]).items
    source.say(
        replace(FIRING, external_id="1", host_external_id=first["external_id"]),
        replace(FIRING, external_id="2", host_name=second["display_name"], item_name=items[1]["key"]),
        replace(FIRING, external_id="3", host_name=second["name"], item_external_id=items[0]["external_id"]),
        replace(FIRING, external_id="4", host_name="unknown", item_name=items[0]["name"]),
    )
    places = {alert["external_id"]: (alert["host_id"], alert["item_id"]) for alert in source.alerts()}
    assert places == {
        "1": (first["id"], None),
        "2": (second["id"], items[1]["id"]),
        "3": (second["id"], items[0]["id"]),
        "4": (None, None),
    }
    host = services.inventory.inventory.get_host(first["id"])
    assert (host["status"], host["status_description"]) == (2, "Critical alert: 磁盘空间不足")


def test_a_host_that_is_pulled_later_is_linked_by_the_next_report(
    services: Services, time: Time, monitor_id: int
) -> None:
    source = Source(services, time, monitor_id)
    report = replace(FIRING, host_external_id="1")
    source.say(report)
    services.inventory.pulls.hosts(monitor_id)
    source.say(report)
    [alert] = source.alerts()
    assert (alert["host_id"], alert["count"]) == (services.inventory.inventory.list_hosts(ALL).items[0]["id"], 2)


def test_one_batch_tells_a_whole_story_in_order(source: Source) -> None:
    over = replace(FIRING, is_firing=False)
    counts = source.say(FIRING, FIRING, over, FIRING, replace(over, external_id="unknown"))
    assert counts == {"seen": 5, "new": 1, "repeated": 1, "reopened": 1, "resolved": 1, "unchanged": 1}
    [alert] = source.alerts()
    assert (alert["count"], alert["status"], alert["comment"]) == (3, 0, "剩余 3%")
    assert source.history(alert["id"]) == ["fired", "resolved", "reopened"]


def test_long_after_its_end_it_is_a_new_alert(source: Source, time: Time) -> None:
    source.say(FIRING)
    source.say(replace(FIRING, is_firing=False))
    time.pass_by(3601)
    assert source.say(FIRING)["new"] == 1
    newer, older = source.alerts()
    assert [(alert["occurrence"], alert["status"]) for alert in (newer, older)] == [(2, 0), (1, 2)]
    source.say(replace(FIRING, is_firing=False))
    assert [alert["status"] for alert in source.alerts()] == [2, 2]


def test_the_same_name_at_another_monitor_or_source_is_another_alert(services: Services, source: Source) -> None:
    other = services.inventory.monitors.create({"name": "other", "type": "simulator", "url": "simulator://other"})["id"]
    source.say(FIRING, replace(FIRING, source="grafana"))
    Source(services, source.time, other).say(FIRING)
    assert len(source.alerts()) == 3


def test_a_pull_ends_what_pulls_have_seen_and_leaves_what_was_posted(source: Source, time: Time) -> None:
    pulled, posted = FIRING, replace(FIRING, external_id="8")
    source.say(pulled, is_pull=True)
    source.say(posted)
    time.pass_by(60)
    assert source.pull_without() == 1
    assert {alert["external_id"]: alert["status"] for alert in source.alerts()} == {"7": 2, "8": 0}
    assert source.history(source.alerts(status=2)[0]["id"]) == ["fired", "resolved"]
    assert source.pull_without() == 0


def test_a_pull_that_began_before_a_post_does_not_end_what_was_posted(source: Source, time: Time) -> None:
    source.say(FIRING, is_pull=True)
    began = time.now + timedelta(seconds=1)
    time.pass_by(2)
    source.say(FIRING)
    time.now = began
    assert source.pull_without() == 0


def test_ten_thousand_reports_at_once(source: Source) -> None:
    reports = [replace(FIRING, external_id=str(number), severity=Severity.INFO) for number in range(10_000)]
    assert source.say(*reports)["new"] == 10_000
    assert source.say(*reports)["repeated"] == 10_000


def test_in_a_maintenance_window_alerts_are_recorded_but_suppressed(
    services: Services, source: Source, time: Time, editor: Editor
) -> None:
    [host, other, _] = services.inventory.inventory.list_hosts(ALL).items
    window = services.alerts.maintenance.create(
        {
            "name": "升级",
            "comment": "",
            "host_id": host["id"],
            "starts_at": time.now,
            "ends_at": time.now + timedelta(hours=1),
        },
        editor,
    )
    covered = replace(FIRING, external_id="1", host_external_id=host["external_id"])
    recovered = replace(FIRING, external_id="2", host_external_id=host["external_id"])
    elsewhere = replace(FIRING, external_id="3", host_external_id=other["external_id"])
    source.say(covered, recovered, elsewhere)
    suppressed = {alert["external_id"]: alert["suppressed"] for alert in source.alerts()}
    assert suppressed == {"1": True, "2": True, "3": False}
    assert services.alerts.scores.score()["alerts"]["critical"]["active"] == 1
    assert services.inventory.inventory.get_host(host["id"])["status"] == 1
    source.say(replace(recovered, is_firing=False))

    services.alerts.maintenance.update(window["id"], {"ends_at": time.now + timedelta(seconds=1)})
    time.pass_by(2)
    services.recovery.tick("leader")
    alerts = {alert["external_id"]: alert for alert in source.alerts()}
    assert not alerts["1"]["suppressed"]
    assert source.history(alerts["1"]["id"]) == ["fired", "suppressed", "returned"]
    assert source.history(alerts["2"]["id"]) == ["fired", "suppressed", "resolved"]
    assert services.alerts.scores.score()["alerts"]["critical"] == {"active": 2, "acknowledged": 0, "resolved": 0}
    assert services.inventory.inventory.get_host(host["id"])["status"] == 2


@pytest.mark.parametrize("scope", ["monitor_id", "group"])
def test_a_window_that_begins_suppresses_what_is_open(
    services: Services, source: Source, time: Time, editor: Editor, scope: str
) -> None:
    host = services.inventory.inventory.list_hosts(ALL).items[0]
    source.say(replace(FIRING, host_external_id=host["external_id"]))
    value = source.monitor_id if scope == "monitor_id" else host["groups"][0]
    times = {"starts_at": time.now + timedelta(minutes=1), "ends_at": time.now + timedelta(minutes=2)}
    window = services.alerts.maintenance.create({"name": "w", "comment": "", scope: value, **times}, editor)
    assert source.alerts(suppressed=True) == []
    time.pass_by(61)
    services.recovery.tick("leader")
    assert len(source.alerts(suppressed=True)) == 1
    services.alerts.maintenance.delete(window["id"])
    assert source.alerts(suppressed=True) == []


def test_a_snoozed_alert_sleeps_until_its_time(services: Services, source: Source, time: Time, editor: Editor) -> None:
    source.say(FIRING)
    [alert] = source.alerts()
    until = time.now + timedelta(minutes=5)
    assert services.alerts.alert_actions.snooze(alert["id"], editor, until, "等待硬盘")["suppressed"]
    source.say(FIRING)
    time.pass_by(299)
    services.recovery.tick("leader")
    assert source.alerts()[0]["suppressed"]
    time.pass_by(2)
    services.recovery.tick("leader")
    [alert] = source.alerts()
    assert (alert["suppressed"], alert["snoozed_until"]) == (False, None)
    assert source.history(alert["id"]) == ["fired", "snoozed", "suppressed", "returned"]


def test_what_fires_again_while_it_is_snoozed_stays_silent(
    services: Services, source: Source, time: Time, editor: Editor
) -> None:
    source.say(FIRING)
    [alert] = source.alerts()
    services.alerts.alert_actions.snooze(alert["id"], editor, time.now + timedelta(hours=2))
    source.say(replace(FIRING, is_firing=False))
    time.pass_by(60)
    source.say(FIRING)
    [alert] = source.alerts()
    assert (alert["status"], alert["suppressed"]) == (0, True)
