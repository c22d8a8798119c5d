"""Nodes, charts and alarms of a Netdata parent as records."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import Completeness, MonitorAccess
from app.connectors.netdata.connector import NetdataConnector
from app.enums import QuietKind
from app.errors import SourceReadOnly, SourceRejected
from tests.unit.connectors.netdata.fake_netdata import MOMENT, FakeNetdata, guid

AT = datetime.fromtimestamp(MOMENT, UTC)


@pytest.fixture
def fake() -> FakeNetdata:
    return FakeNetdata()


@pytest.fixture
def netdata(fake: FakeNetdata, serve: Callable[[Callable[[Any], None]], str]) -> Iterator[NetdataConnector]:
    connector = NetdataConnector(MonitorAccess(serve(fake.respond)))
    yield connector
    connector.close()


def test_the_agent_and_its_children_are_hosts(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.offline = {guid(2)}
    (page,) = netdata.hosts()
    assert [(host.external_id, host.name, host.error) for host in page.records] == [
        (guid(0), "node-0", None),
        (guid(1), "node-1", None),
        (guid(2), "node-2", "The node is not connected to this Netdata"),
    ]
    first = page.records[0]
    assert first.labels == {"_is_parent": "true", "机房": "北京"}
    assert first.description == "Debian GNU/Linux 12 (bookworm), x86_64"
    assert first.details["inventory"]["cores_total"] == "2"


def test_only_the_hosts_that_are_asked_for(netdata: NetdataConnector) -> None:
    assert [host.name for page in netdata.hosts([guid(1), "none"]) for host in page.records] == ["node-1"]


def test_a_node_that_cannot_be_described_stays_a_host(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.failing = {f"/host/{guid(1)}/api/v1/info"}
    errors = [host.error for page in netdata.hosts() for host in page.records]
    assert errors[0] is None and "HTTP 400" in str(errors[1])


def test_dimensions_are_items_with_their_last_values(netdata: NetdataConnector) -> None:
    (page,) = netdata.items([guid(0), guid(0), "none"])
    assert page.host_external_ids == [guid(0), "none"]
    found = {item.external_id: item for item in page.records}
    cpu, load = found["system.cpu|user"], found["system.load|load1"]
    assert (cpu.name, cpu.value, cpu.units, cpu.value_at) == ("system.cpu: user", "62.244898", "percentage", AT)
    assert found["system.cpu|idle"].value == "0"
    assert (load.value, load.value_at) == (None, None)
    assert netdata.item(guid(0), "system.cpu|user") == cpu
    assert netdata.item(guid(0), "system.cpu|none") is None


def test_the_charts_of_an_offline_node_are_not_gone(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.offline, fake.failing = {guid(1)}, {f"{guid(2)}/api/v1/allmetrics"}
    (page,) = netdata.items([guid(0), guid(1), guid(2)])
    assert {item.host_external_id for item in page.records} == {guid(0)}
    assert {*page.unreadable} == {guid(1), guid(2)}


def test_a_raised_alarm_is_an_alert(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.add_alarm(1)
    (page,) = netdata.alerts()
    (report,) = page.records
    assert report.external_id == f"{guid(1)}/system.load.load"
    assert (report.message, report.value, report.source_severity) == (
        "load: load is high, 负载",
        "1001 load",
        "CRITICAL",
    )
    assert report.annotations["crit"] == "$this > 500"
    assert report.labels["chart"] == "system.load" and "component" not in report.labels
    assert report.host_external_id == guid(1) and report.quiet is None
    assert str(report.source_url).endswith(f"/host/{guid(1)}/#menu_system")


def test_silenced_and_undecided_alarms(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.add_alarm(0, silenced=True)
    fake.add_alarm(0, name="new", status="UNINITIALIZED")
    (page,) = netdata.alerts()
    assert [report.quiet and report.quiet.kind for report in page.records] == [QuietKind.SILENCE]
    assert page.still_open == [f"{guid(0)}/system.load.new"]
    assert page.completeness is Completeness.COMPLETE


def test_a_node_whose_alarms_cannot_be_read_makes_the_pull_partial(
    netdata: NetdataConnector, fake: FakeNetdata
) -> None:
    fake.add_alarm(0)
    fake.failing = {f"{guid(1)}/api/v1/alarms"}
    first, second = netdata.alerts()
    assert len(first.records) == 1
    assert second.completeness is Completeness.PARTIAL and "node-1" in second.missing[0]


def test_a_node_that_has_evaluated_no_alarm_yet_says_so(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.starting = {guid(1)}
    (page,) = netdata.alerts()
    assert (page.records, page.completeness) == ([], Completeness.DOUBTFUL)
    assert page.missing == ("node-1 has evaluated no alarm yet",)


def test_if_no_node_can_be_read_the_pull_fails(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.failing = {"/api/v1/alarms"}
    with pytest.raises(SourceRejected):
        list(netdata.alerts())


def test_old_releases_have_only_names(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    told = fake.info()
    del told["mirrored_hosts_status"]
    fake.info = lambda: told  # type: ignore[method-assign]
    assert [host.external_id for page in netdata.hosts() for host in page.records] == fake.nodes


def test_netdata_is_read_only(netdata: NetdataConnector) -> None:
    with pytest.raises(SourceReadOnly):
        netdata.acknowledge_alert("1", "")


def test_the_nodes_of_a_very_large_parent_are_not_described(netdata: NetdataConnector, fake: FakeNetdata) -> None:
    fake.nodes = [f"node-{number}" for number in range(10_000)]
    found = [host for page in netdata.hosts() for host in page.records]
    assert len(found) == 10_000
    assert fake.asked == ["/api/v1/info"]
