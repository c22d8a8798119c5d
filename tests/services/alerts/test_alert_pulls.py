"""Alerts that are pulled, and acknowledgements that find their way back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from app.composition import Services
from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.enums import Severity
from app.errors import Conflict, SourceRejected, SourceUnreachable
from app.rules.alerts.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.services.alerts.alert_pulls import AlertPullService
from app.services.inventory.monitor_connections import MonitorConnections
from app.store.database.pages import PageRequest
from app.store.database.vault import Vault
from tests.services.conftest import Time, add_user

ALL = PageRequest(limit=500)
FIRING = AlertReport("zabbix", "7", True, "磁盘空间不足", Severity.CRITICAL)
COMPLETE = {"completeness": "complete", "missing": []}


class Source:
    """A monitoring system in memory, one alert a page; the connector to it is itself."""

    def __init__(self, services: Services, time: Time, monitor_id: int) -> None:
        self.services = services
        self.time = time
        self.monitor_id = monitor_id
        self.firing: list[AlertReport] = []
        self.breaks_after: int | None = None
        self.said: AlertPage | None = None
        self.acknowledged: list[tuple[str, str]] = []
        self.refused: set[str] = set()
        monitor_connections = MonitorConnections(services.database, Vault("a secret for tests"), self.open)
        self.service = AlertPullService(services.database, monitor_connections, AlertIntake())

    @contextmanager
    def open(self, _type: str, _access: MonitorAccess) -> Iterator[Any]:
        self.time.pass_by(1)
        yield self

    def alerts(self) -> Iterator[Sequence[AlertReport] | AlertPage]:
        for number, report in enumerate(self.firing):
            if number == self.breaks_after:
                raise SourceUnreachable("connection reset")
            yield [report]
        if self.said is not None:
            yield self.said

    def acknowledge_alert(self, external_id: str, comment: str) -> None:
        if external_id in self.refused:
            raise SourceRejected("no permission")
        self.acknowledged.append((external_id, comment))

    def pull(self, *firing: AlertReport, said: AlertPage | None = None) -> dict[str, Any]:
        self.firing, self.said = list(firing), said
        self.time.pass_by(60)
        return self.service.pull(self.monitor_id)

    def statuses(self) -> dict[str, int]:
        alerts = self.services.alerts.alerts.list(ALL).items
        return {alert["external_id"]: alert["status"] for alert in alerts}


@pytest.fixture
def source(services: Services, time: Time) -> Source:
    fields = {
        "name": "zabbix",
        "type": "zabbix",
        "url": "http://127.0.0.1:9",
        "username": "Admin",
        "password": "zabbix",
    }
    return Source(services, time, services.inventory.monitors.create(fields)["id"])


@pytest.fixture
def editor(services: Services) -> Editor:
    return Editor(add_user(services, "王伟"), "王伟")


def test_alerts_come_stay_and_go(source: Source) -> None:
    one, two = FIRING, replace(FIRING, external_id="8")
    assert source.pull(one, two) == {"seen": 2, "new": 2, "repeated": 0, "reopened": 0, "resolved": 0, **COMPLETE}
    assert source.pull(one) == {"seen": 1, "new": 0, "repeated": 1, "reopened": 0, "resolved": 1, **COMPLETE}
    assert source.statuses() == {"7": 0, "8": 2}
    assert source.pull(two) == {"seen": 1, "new": 0, "repeated": 0, "reopened": 1, "resolved": 1, **COMPLETE}
    assert source.pull()["resolved"] == 1
    assert source.statuses() == {"7": 2, "8": 2}


def test_a_partial_pull_ends_nothing_and_says_what_is_missing(source: Source) -> None:
    source.pull(FIRING)
    said = AlertPage([], Completeness.PARTIAL, missing=["store-2 did not answer"])
    result = source.pull(said=said)
    assert (result["resolved"], result["completeness"], result["missing"]) == (0, "partial", ["store-2 did not answer"])
    assert source.statuses() == {"7": 0}
    assert source.pull()["resolved"] == 1


def test_a_doubtful_absence_counts_when_it_is_the_second_in_a_row(source: Source) -> None:
    source.pull(FIRING)
    doubtful = AlertPage([], Completeness.DOUBTFUL)
    assert source.pull(said=doubtful)["resolved"] == 0
    source.pull(FIRING)
    assert source.pull(said=doubtful)["resolved"] == 0, "it was seen in between"
    assert source.pull(said=doubtful)["resolved"] == 1
    [alert] = source.services.alerts.alerts.list(ALL).items
    assert (alert["status"], alert["resolution"]) == (2, "absent")


def test_what_a_source_still_holds_open_is_not_over(source: Source) -> None:
    source.pull(FIRING)
    assert source.pull(said=AlertPage([], still_open=["7"]))["resolved"] == 0
    assert source.statuses() == {"7": 0}
    assert source.pull()["resolved"] == 1


def test_what_a_source_could_not_evaluate_is_not_over(source: Source) -> None:
    source.pull(*(replace(FIRING, external_id=name, labels={"alertname": name}) for name in ("Disk", "Load", "磁盘")))
    assert source.pull(said=AlertPage([], undecided_names=["Disk", "磁盘", "Other"]))["resolved"] == 1
    assert source.statuses() == {"Disk": 0, "Load": 2, "磁盘": 0}
    assert source.pull()["resolved"] == 2


def test_a_pull_that_breaks_off_ends_nothing(source: Source) -> None:
    source.pull(FIRING, replace(FIRING, external_id="8"))
    source.breaks_after = 1
    with pytest.raises(SourceUnreachable):
        source.pull(FIRING, replace(FIRING, external_id="9"))
    assert source.statuses() == {"7": 0, "8": 0}


def test_one_monitor_whose_pull_fails_holds_up_no_other(services: Services, source: Source) -> None:
    other_id = services.inventory.monitors.create({"name": "other", "type": "simulator", "url": "simulator://other"})[
        "id"
    ]
    other = Source(services, source.time, other_id)
    source.breaks_after = 0
    with pytest.raises(SourceUnreachable):
        source.pull(FIRING)
    assert other.pull(FIRING)["new"] == 1


def test_an_acknowledgement_here_becomes_a_task_that_tells_the_monitor(
    services: Services, source: Source, editor: Editor
) -> None:
    source.pull(FIRING)
    [alert] = services.alerts.alerts.list(ALL).items
    services.alerts.alert_actions.acknowledge(alert["id"], editor, "我来看")
    [task] = services.ledger.tasks.list(ALL, type="acknowledge_alert").items
    assert (task["monitor_id"], task["state"]) == (source.monitor_id, "queued")
    assert task["params"] == {"monitor_id": source.monitor_id, "alert_ids": [alert["id"]], "comment": "王伟: 我来看"}
    assert services.ledger.queues.lengths()["acknowledge_alert"] == 1
    assert source.service.acknowledge(**task["params"]) == {"acknowledged": 1}
    assert source.acknowledged == [("7", "王伟: 我来看")]


def test_many_acknowledgements_are_told_in_tasks_of_a_hundred(
    services: Services, source: Source, editor: Editor
) -> None:
    source.pull(*(replace(FIRING, external_id=str(number)) for number in range(250)))
    assert services.alerts.alert_actions.acknowledge_many(editor) == 250
    tasks = services.ledger.tasks.list(ALL, type="acknowledge_alert").items
    assert sorted(len(task["params"]["alert_ids"]) for task in tasks) == [50, 100, 100]


def test_those_that_the_monitor_refuses_do_not_keep_the_others(
    services: Services, source: Source, editor: Editor
) -> None:
    source.pull(*(replace(FIRING, external_id=str(number)) for number in range(3)))
    services.alerts.alert_actions.acknowledge_many(editor)
    source.refused = {"1"}
    [task] = services.ledger.tasks.list(ALL, type="acknowledge_alert").items
    with pytest.raises(SourceRejected, match="1 of 3 were rejected: 1: no permission"):
        source.service.acknowledge(**task["params"])
    assert [external_id for external_id, _ in source.acknowledged] == ["0", "2"]


@pytest.mark.parametrize("change", [{"acknowledge_at_source": False}, {"enabled": False}])
def test_a_monitor_that_is_not_to_be_told_is_not(
    services: Services, source: Source, editor: Editor, change: dict[str, bool]
) -> None:
    source.pull(FIRING)
    services.inventory.monitors.update(source.monitor_id, change)
    assert services.alerts.alert_actions.acknowledge_many(editor) == 1
    assert services.ledger.tasks.list(ALL).items == []


def test_what_fired_anew_is_settled_there_and_not_where_it_is_over(
    services: Services, source: Source, time: Time, editor: Editor
) -> None:
    source.pull(FIRING)
    source.pull()
    time.pass_by(7200)
    source.pull(FIRING)
    newer, older = services.alerts.alerts.list(ALL).items
    with pytest.raises(Conflict, match=f"has fired again as alert {newer['id']}"):
        services.alerts.alert_actions.reopen(older["id"], editor)
    assert services.alerts.alert_actions.reopen_many(editor) == 0


def test_an_alertmanager_is_told_of_the_alerts_that_prometheus_names(
    services: Services, time: Time, editor: Editor
) -> None:
    fields = {"name": "am", "type": "alertmanager", "url": "http://am.example:9093"}
    source = Source(services, time, services.inventory.monitors.create(fields)["id"])
    source.pull(AlertReport("prometheus", "0123456789abcdef", True, "磁盘空间不足"), FIRING)
    assert services.alerts.alert_actions.acknowledge_many(editor) == 2
    [task] = services.ledger.tasks.list(ALL, type="acknowledge_alert").items
    source.service.acknowledge(**task["params"])
    assert [external_id for external_id, _ in source.acknowledged] == ["0123456789abcdef"]
