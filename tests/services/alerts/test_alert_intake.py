"""What sources say of alerts, taken in: links, histories, occurrences, marks, suppression."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.composition import Services
from app.connectors.base import Completeness
from app.enums import QuietKind, ReportWay, Severity
from app.models import Host
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.store.alerts import severities
from app.store.database.pages import PageRequest
from app.store.inventory import monitors
from tests.services.conftest import FLEET, Time, add_user

ALL = PageRequest(limit=500)
FIRING = AlertReport("zabbix", "7", True, "磁盘空间不足", Severity.CRITICAL, comment="剩余 3%")


class Source:
    """What takes reports in for one monitor, at the present moment."""

    def __init__(self, services: Services, time: Time, monitor_id: int) -> None:
        self.services = services
        self.time = time
        self.monitor_id = monitor_id

    def say(self, *reports: AlertReport, way: ReportWay = ReportWay.WEBHOOK) -> dict[str, int]:
        with self.services.database.transaction() as connection:
            return AlertIntake().take_in(connection, self.monitor_id, reports, self.time.now, way=way)

    def pull_without(self) -> int:
        with self.services.database.transaction() as connection:
            return AlertIntake().end_unseen(connection, self.monitor_id, self.time.now, Completeness.COMPLETE)

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
    source.say(pulled, way=ReportWay.PULL)
    source.say(posted)
    time.pass_by(60)
    assert source.pull_without() == 1
    assert {alert["external_id"]: alert["status"] for alert in source.alerts()} == {"7": 2, "8": 0}
    assert source.history(source.alerts(status=2)[0]["id"]) == ["fired", "resolved"]
    assert source.pull_without() == 0


def test_a_pull_that_began_before_a_post_does_not_end_what_was_posted(source: Source, time: Time) -> None:
    source.say(FIRING, way=ReportWay.PULL)
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
    window = services.maintenance.windows.create(
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

    services.maintenance.windows.update(window["id"], {"ends_at": time.now + timedelta(seconds=1)}, editor)
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
    window = services.maintenance.windows.create({"name": "w", "comment": "", scope: value, **times}, editor)
    assert source.alerts(suppressed=True) == []
    time.pass_by(61)
    services.recovery.tick("leader")
    assert len(source.alerts(suppressed=True)) == 1
    services.maintenance.windows.delete(window["id"], editor)
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


FULL = replace(
    FIRING,
    description="91 % 已用",
    value="91",
    labels={"team": "pay", "pod": "cart-1"},
    annotations={"runbook_url": "https://wiki/磁盘"},
    source_severity="High",
    source_url="https://zabbix/tr_events.php?eventid=7",
    host_name="db-98",
    item_name="disk",
    raw={"event_id": "7"},
)


def test_what_the_source_said_is_kept(services: Services, source: Source, time: Time) -> None:
    began = time.now - timedelta(hours=3)
    source.say(replace(FULL, started_at=began))
    [alert] = source.alerts()
    kept = ("description", "value", "labels", "annotations", "source_severity", "source_url", "host", "item")
    assert {name: alert[name] for name in kept} == {
        **{name: getattr(FULL, name) for name in kept[:6]},
        **{"host": "db-98", "item": "disk"},
    }
    assert (alert["severity"], alert["started_at"], alert["duration_s"]) == (Severity.CRITICAL, began, 3 * 3600)
    source.say(replace(FULL, raw={"pulled": True}), way=ReportWay.PULL)
    raw = services.alerts.alerts.raw_reports(alert["id"])
    assert {report["way"]: report["body"] for report in raw} == {"webhook": {"event_id": "7"}, "pull": {"pulled": True}}


def test_changes_soon_after_each_other_are_one_entry_of_the_history(source: Source, time: Time) -> None:
    source.say(FULL)
    for percent in (95, 99):
        time.pass_by(60)
        source.say(replace(FULL, description=f"{percent} % 已用"))
    [alert] = source.alerts()
    assert alert["description"] == "99 % 已用"
    entries = source.services.alerts.alerts.events(ALL, alert["id"]).items
    details = [entry["details"] for entry in entries if entry["kind"] == "changed"]
    assert details == [{"description": ["91 % 已用", "99 % 已用"]}]
    time.pass_by(3600)
    source.say(replace(FULL, description="10 % 已用"))
    assert source.history(alert["id"]).count("changed") == 2


def test_a_severity_that_changes_with_a_merged_change_says_from_what_to_what(source: Source, time: Time) -> None:
    source.say(FULL)
    source.say(replace(FULL, description="95 % 已用"))
    time.pass_by(60)
    source.say(replace(FULL, description="99 % 已用", source_severity="Warning"))
    [alert] = source.alerts()
    entries = source.services.alerts.alerts.events(ALL, alert["id"]).items
    details = {entry["kind"]: entry["details"] for entry in entries}
    assert details["eased"]["severity"] == ["critical", "warning"]
    assert details["changed"]["description"] == ["91 % 已用", "99 % 已用"]


def test_two_alerts_of_one_summary_stay_two(source: Source) -> None:
    other = replace(FULL, external_id="8", labels={"team": "pay", "pod": "cart-2"})
    source.say(FULL, other)
    assert sorted(alert["labels"]["pod"] for alert in source.alerts()) == ["cart-1", "cart-2"]


def test_an_alert_of_an_unknown_host_has_its_name_and_is_linked_when_a_pull_brings_the_host(
    services: Services, time: Time
) -> None:
    monitor_id = services.inventory.monitors.create({"name": "later", "type": "simulator", "url": FLEET})["id"]
    known = services.inventory.monitors.create({"name": "known", "type": "simulator", "url": FLEET})["id"]
    services.inventory.pulls.items(known)
    [host, *_] = services.inventory.inventory.list_hosts(ALL).items
    [item, *_] = services.inventory.inventory.list_items(ALL, host_id=host["id"]).items
    source = Source(services, time, monitor_id)
    source.say(replace(FIRING, host_name=host["name"], item_name=item["name"]))
    [alert] = source.alerts(monitor_id=monitor_id)
    assert (alert["host"], alert["host_id"], alert["item"]) == (host["name"], None, item["name"])
    services.inventory.pulls.hosts(monitor_id)
    services.inventory.pulls.items(monitor_id)
    [alert] = source.alerts(monitor_id=monitor_id)
    linked = services.inventory.inventory.get_host(alert["host_id"])
    assert (linked["monitor_id"], linked["name"], linked["status"]) == (monitor_id, host["name"], 2)
    assert services.inventory.inventory.get_item(alert["item_id"])["name"] == item["name"]


def test_of_two_hosts_of_one_name_the_labels_decide_and_nobody_guesses(services: Services, source: Source) -> None:
    hosts = Host.__table__.c
    with services.database.transaction() as connection:
        [first, second, *_] = services.inventory.inventory.list_hosts(ALL).items
        for host, job in ((first, "node"), (second, "mysql")):
            values = {"name": "db1:9100", "labels": {"job": job}}
            connection.execute(update(Host).where(hosts.id == host["id"]).values(values))
    source.say(replace(FIRING, host_name="db1:9100", labels={"job": "mysql"}))
    source.say(replace(FIRING, external_id="8", host_name="db1:9100"))
    linked = {alert["external_id"]: (alert["host_id"], alert["host"]) for alert in source.alerts()}
    assert linked == {"7": (second["id"], "db1:9100"), "8": (None, "db1:9100")}


def test_what_is_silenced_at_the_source_is_suppressed_until_it_is_not(source: Source) -> None:
    silence = Quiet(QuietKind.SILENCE, id="s1", by="王伟")
    source.say(FIRING)
    source.say(replace(FIRING, quiet=silence))
    [alert] = source.alerts()
    assert (alert["suppressed"], alert["silenced_by"]) == (True, silence.as_dict())
    source.say(FIRING)
    [alert] = source.alerts()
    assert (alert["suppressed"], alert["silenced_by"]) == (False, None)
    assert source.history(alert["id"]) == ["fired", "suppressed", "returned"]


def test_a_watchdog_fires_without_weight(services: Services, source: Source) -> None:
    before = services.alerts.scores.score()
    source.say(replace(FIRING, source="prometheus", labels={"alertname": "Watchdog"}))
    [alert] = source.alerts()
    assert (alert["suppressed"], alert["silenced_by"]["kind"]) == (True, "watchdog")
    assert services.alerts.scores.score() == before


def test_an_unknown_severity_is_counted(services: Services, source: Source) -> None:
    source.say(replace(FIRING, severity=Severity.INFO, source_severity="purple"))
    [alert] = source.alerts()
    assert (alert["severity"], alert["source_severity"]) == (Severity.WARNING, "purple")
    with services.database.reading() as connection:
        [unknown] = severities.fetch_unknown(connection, source.monitor_id)
    assert (unknown["word"], unknown["count"]) == ("purple", 1)


@pytest.fixture
def pair(services: Services, time: Time) -> tuple[Source, Source]:
    """Return two monitors that watch the same things."""
    fields: dict[str, Any] = {"type": "prometheus", "url": "http://127.0.0.1:9"}
    sources = []
    with services.database.transaction() as connection:
        for name in ("a", "b"):
            row = {**fields, "name": name, "status": "unknown", "created_at": time.now, "enabled": True}
            row |= {"ha_group": "eu", "ha_ignored_labels": ["replica"]}
            sources.append(Source(services, time, monitors.add(connection, row)))
    return sources[0], sources[1]


def test_two_monitors_of_an_ha_group_have_one_alert_that_ends_when_neither_sees_it(
    pair: tuple[Source, Source], time: Time
) -> None:
    one, other = pair
    seen = replace(FIRING, source="prometheus", labels={"alertname": "Down", "replica": "a"}, external_id="a")
    one.say(seen, way=ReportWay.PULL)
    other.say(replace(seen, labels={"alertname": "Down", "replica": "b"}, external_id="b"), way=ReportWay.PULL)
    [alert] = one.alerts()
    assert (alert["monitor_id"], alert["count"], alert["labels"]) == (one.monitor_id, 2, {"alertname": "Down"})
    time.pass_by(60)
    assert other.pull_without() == 0, "the first one still sees it"
    time.pass_by(60)
    assert one.pull_without() == 1
    assert one.alerts()[0]["status"] == 2


def test_the_table_of_the_first_monitor_of_an_ha_group_decides(pair: tuple[Source, Source]) -> None:
    first, second = pair
    with first.services.database.transaction() as connection:
        monitors.change(connection, first.monitor_id, {"severities": {"words": {"purple": 2}}})
    second.say(replace(FIRING, source_severity="purple"))
    assert first.alerts()[0]["severity"] == Severity.CRITICAL


def test_a_dead_member_of_an_ha_group_keeps_nothing_open(pair: tuple[Source, Source], time: Time) -> None:
    _, other = pair
    for source in pair:
        source.say(replace(FIRING, source="prometheus"), way=ReportWay.PULL)
    time.pass_by(2 * 3600)
    assert other.pull_without() == 1
