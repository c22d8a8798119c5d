"""The simulator's alerts: a steady share of hosts has one, and each comes and goes."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app import clock
from app.connectors.base import MonitorAccess
from app.connectors.simulator.connector import SimulatorConnector
from app.connectors.simulator.fleet import make_item
from app.enums import Severity
from app.errors import Invalid, SourceFailing, SourceReadOnly
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.generated_alerts import MESSAGES

NOON = datetime(2026, 11, 24, 12, 0, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def simulate(query: str) -> SimulatorConnector:
    return SimulatorConnector(MonitorAccess(f"simulator://demo?{query}"))


def all_alerts(query: str) -> dict[str, AlertReport]:
    reports = [report for page in simulate(query).alerts() for report in page]
    assert len({report.external_id for report in reports}) == len(reports)
    return {report.external_id: report for report in reports}


def a_day(query: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, AlertReport]]:
    """Return what fires at each minute of a day."""
    minutes = []
    for minute in range(24 * 60):
        monkeypatch.setattr(clock, "now", lambda moment=NOON + timedelta(minutes=minute): moment)
        minutes.append(all_alerts(query))
    return minutes


def test_without_the_parameter_nothing_fires() -> None:
    assert all_alerts("hosts=1000") == all_alerts("hosts=1000&alerts=0") == {}


def test_an_alert_is_on_a_host_and_an_item_that_exist() -> None:
    query = "hosts=300&items=4&alerts=1"
    connector = simulate(query)
    hosts = {host.external_id: host.name for page in connector.hosts() for host in page.records}
    items = {item.external_id for page in connector.items(["1"]) for item in page.records}
    alerts = all_alerts(query).values()
    assert {alert.host_external_id: alert.host_name for alert in alerts} == hosts
    assert {alert.item_external_id for alert in alerts} == items
    assert {alert.severity for alert in alerts} == set(Severity)
    assert {alert.message: alert.description for alert in alerts} == MESSAGES
    assert {(alert.source_severity, alert.severity) for alert in alerts} == {
        *(("info", Severity.INFO), ("warning", Severity.WARNING), ("critical", Severity.CRITICAL)),
    }
    assert all(alert.source == "simulator" and alert.is_firing for alert in alerts)


def test_an_alert_has_the_labels_of_its_host_and_the_value_of_its_item_when_it_began() -> None:
    connector = simulate("hosts=30&items=4&alerts=1")
    hosts = {host.external_id: host for page in connector.hosts() for host in page.records}
    for alert in all_alerts("hosts=30&items=4&alerts=1").values():
        labels = hosts[alert.host_external_id or ""].labels
        assert {**alert.labels, **labels} == alert.labels
        assert alert.labels.keys() == {"role", "site", "team"}
        assert alert.started_at is not None
        host, item = int(alert.host_external_id or "") - 1, int(alert.item_external_id or "") - 1
        told = make_item("demo:1", host, item, alert.started_at)
        assert (alert.item_name, alert.value) == (told.name, f"{told.value} {told.units}".strip())


def test_an_alert_began_at_the_first_minute_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = a_day("hosts=22&alerts=0.6", monkeypatch)
    noon = NOON.replace(second=0)
    for minute, (before, alerts) in enumerate(pairwise(minutes), 1):
        for external_id in alerts.keys() - before.keys():
            assert alerts[external_id].started_at == noon + timedelta(minutes=minute)
        for external_id in alerts.keys() & before.keys():
            assert alerts[external_id] == before[external_id]


def test_hosts_without_items_have_alerts_too() -> None:
    assert {alert.item_external_id for alert in all_alerts("hosts=5&items=0&alerts=1").values()} == {None}


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_about_that_share_of_the_hosts_has_one_at_any_minute(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in range(0, 240, 7):
        monkeypatch.setattr(clock, "now", lambda moment=NOON + timedelta(minutes=minute): moment)
        assert abs(len(all_alerts(f"hosts=2000&alerts={share}")) - 2000 * share) < 2000 * share * 0.4


def test_alerts_last_for_minutes_and_come_and_go_at_different_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = a_day("hosts=22&alerts=0.2", monkeypatch)
    changes = [len(before.keys() ^ after.keys()) for before, after in pairwise(minutes)]
    assert sum(change > 0 for change in changes) > 100
    assert max(changes) <= 12
    lengths: dict[str, int] = defaultdict(int)
    for alerts in minutes:
        for external_id in alerts:
            lengths[external_id] += 1
    assert min(list(lengths.values())[10:-10]) >= 10
    assert max(lengths.values()) <= 60


def test_an_alert_keeps_its_words_and_may_come_back_within_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = a_day("hosts=22&alerts=0.2", monkeypatch)
    first: dict[str, AlertReport] = {}
    seen_at: dict[str, int] = {}
    returned = set()
    for minute, alerts in enumerate(minutes):
        for external_id, alert in alerts.items():
            known = first.setdefault(external_id, alert)
            assert replace(known, started_at=alert.started_at, value=alert.value) == alert
            gap = minute - seen_at.get(external_id, minute)
            assert gap < 60
            if gap > 1:
                returned.add(external_id)
            seen_at[external_id] = minute
    assert returned
    assert len(first) > 2 * len(returned)


def test_the_same_seed_gives_the_same_alerts_and_another_one_others() -> None:
    assert all_alerts("alerts=0.5") == all_alerts("alerts=0.5") != all_alerts("alerts=0.5&seed=2")
    small, large = all_alerts("hosts=20&alerts=0.5"), all_alerts("hosts=200&alerts=0.5")
    assert small.items() <= large.items()


def test_pages_hold_500_alerts() -> None:
    assert [len(page) for page in simulate("hosts=1001&alerts=1").alerts()] == [500, 500, 1]
    assert [len(page) for page in simulate("hosts=1000&alerts=1").alerts()] == [500, 500]
    assert list(simulate("hosts=0&alerts=1").alerts()) == []


@pytest.mark.parametrize("query", ["fail=1&alerts=1", "fail=1"])
def test_asking_for_alerts_can_fail(query: str) -> None:
    with pytest.raises(SourceFailing):
        next(simulate(query).alerts())


@pytest.mark.parametrize("share", ["1.01", "-0.1", "nan", "", "some"])
def test_a_wrong_share_is_named(share: str) -> None:
    with pytest.raises(Invalid, match="alerts must be a number from 0 to 1"):
        simulate(f"alerts={share}")


def test_alerts_cannot_be_acknowledged_there() -> None:
    with pytest.raises(SourceReadOnly):
        simulate("alerts=1").acknowledge_alert("1:1:0", "on it")
