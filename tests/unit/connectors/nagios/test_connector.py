"""Hosts, services and problems of a Nagios as records."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import Completeness, MonitorAccess
from app.connectors.nagios.connector import NagiosConnector
from app.enums import QuietKind
from app.errors import SourceFailing, SourceGarbled, SourceReadOnly, SourceRefusedLogin
from app.rules.alerts.alert_reports import AlertReport
from tests.unit.connectors.nagios.fake_nagios import NOW, FakeNagios

AT = datetime.fromtimestamp(NOW // 1000, UTC)
Serve = Callable[[Callable[[Any], None]], str]


@pytest.fixture
def fake() -> FakeNagios:
    fake = FakeNagios()
    fake.add_host("db-1")
    fake.add_host("web-1")
    fake.add_service("db-1", "Temp", 16, perf_data="temp=91.5C;80;90 'a b'=U reads=7c")
    return fake


@pytest.fixture
def nagios(fake: FakeNagios, serve: Serve) -> Iterator[NagiosConnector]:
    connector = NagiosConnector(MonitorAccess(f"{serve(fake.respond)}/nagios4", "nagiosadmin", "secret"))
    yield connector
    connector.close()


def reports(nagios: NagiosConnector) -> list[AlertReport]:
    return [report for page in nagios.alerts() for report in page.records]


def test_the_address_may_be_that_of_the_pages(nagios: NagiosConnector) -> None:
    assert nagios.check() == "4.4.6"


def test_a_user_that_sees_no_hosts_is_refused(nagios: NagiosConnector, fake: FakeNagios) -> None:
    fake.hosts, fake.services = {}, {}
    for act in (nagios.check, lambda: list(nagios.hosts()), lambda: list(nagios.alerts())):
        with pytest.raises(SourceRefusedLogin, match="authorized_for_all_hosts"):
            act()


def test_hosts(nagios: NagiosConnector, fake: FakeNagios) -> None:
    fake.add_host("dark-1", 4, plugin_output="No route")
    (page,) = nagios.hosts()
    assert [(host.external_id, host.error) for host in page.records] == [
        ("dark-1", "DOWN: No route"),
        ("db-1", None),
        ("web-1", None),
    ]
    first = page.records[0]
    assert (first.display_name, first.ip_addr, first.groups) == ("服务器 dark-1", "127.0.0.2", ("linux",))
    assert "hush" not in repr(page.records)
    assert [[host.name for host in page.records] for page in nagios.hosts(["web-1", "none"])] == [["web-1"]]


def test_a_service_is_an_item_and_so_is_what_it_measures(nagios: NagiosConnector) -> None:
    pages = [*nagios.items(["db-1", "web-1", "none"])]
    assert [page.host_external_ids for page in pages] == [["db-1"], ["web-1"], ["none"]]
    service, temp, unknown, reads = pages[0].records
    assert (service.value, service.value_text, service.value_at) == ("2", "CRITICAL: it burns: 温度", AT)
    assert (temp.external_id, temp.value, temp.units) == ("Temp|temp", "91.5", "C")
    assert temp.description == "warning 80, critical 90"
    assert (unknown.value, unknown.value_at) == (None, None)
    assert (reads.value, reads.units) == ("7", "")
    assert nagios.item("db-1", "Temp|temp") == temp
    assert nagios.item("none", "Temp") is None


def test_many_hosts_are_read_page_by_page(nagios: NagiosConnector, fake: FakeNagios) -> None:
    for number in range(1200):
        fake.add_host(f"h{number:05}")
        for service in range(5):
            fake.add_service(f"h{number:05}", f"s{service}", perf_data="a=1")
    names = sorted(fake.hosts)
    found = [host.name for page in nagios.hosts() for host in page.records]
    assert found == names
    pages = [*nagios.items(names)]
    assert sorted(name for page in pages for name in page.host_external_ids) == names
    assert sum(len(page.records) for page in pages) == 12_004
    assert max(len(page.records) for page in pages) <= 5000
    assert len(fake.asked) < 20


def test_a_restart_between_two_pages_fails_the_pull(nagios: NagiosConnector, fake: FakeNagios) -> None:
    fake.restarts_each_time = True
    for number in range(1200):
        fake.add_host(f"h{number:05}")
    with pytest.raises(SourceFailing, match="restarted"):
        list(nagios.hosts())


def test_a_problem_is_an_alert(nagios: NagiosConnector) -> None:
    (report,) = reports(nagios)
    assert (report.external_id, report.message) == ("db-1;Temp", "Temp: CRITICAL: it burns: 温度")
    assert (report.source_severity, report.started_at) == ("CRITICAL", AT)
    assert (report.host_external_id, report.item_external_id) == ("db-1", "Temp")
    assert str(report.source_url).endswith("/nagios4/cgi-bin/extinfo.cgi?type=2&host=db-1&service=Temp")


def test_soft_problems_and_pending_objects_are_open_but_do_not_fire(nagios: NagiosConnector, fake: FakeNagios) -> None:
    fake.add_service("web-1", "Soft", 4, state_type=0)
    fake.add_service("web-1", "New", 1)
    fake.add_host("new-1", 1)
    pages = [*nagios.alerts()]
    assert [report.external_id for page in pages for report in page.records] == ["db-1;Temp"]
    assert {one for page in pages for one in page.still_open} == {"web-1;Soft", "web-1;New", "new-1;"}


def test_acknowledgements_and_downtimes(nagios: NagiosConnector, fake: FakeNagios) -> None:
    fake.services["db-1"]["Temp"]["problem_has_been_acknowledged"] = True
    who = {"host_name": "db-1", "author": "小王"}
    said = {**who, "service_description": "Temp", "entry_type": 4, "comment_data": "seen"}
    fake.comments = {"1": said, "2": {**said, "entry_type": 2, "comment_data": "other"}}
    downtime = {**who, "is_in_effect": True, "end_time": NOW, "comment": "racks"}
    fake.downtimes = {"7": downtime, "8": {**downtime, "is_in_effect": False}}
    (report,) = reports(nagios)
    assert report.is_acknowledged
    assert report.annotations == {"acknowledged_by": "小王", "acknowledgement": "seen"}
    assert report.quiet is not None
    assert (report.quiet.kind, report.quiet.by, report.quiet.until) == (QuietKind.MAINTENANCE, "小王", AT)


def test_if_the_daemon_is_down_nothing_is_over(nagios: NagiosConnector, fake: FakeNagios) -> None:
    fake.updated_at = NOW - 600_000
    page = next(iter(nagios.alerts()))
    assert isinstance(page.missing, tuple)
    assert page.completeness is Completeness.PARTIAL and "10 minutes" in page.missing[0]


def test_files_that_are_missing_while_nagios_starts_are_worth_a_retry(
    nagios: NagiosConnector, fake: FakeNagios
) -> None:
    fake.error = (2, "Error: Could not read some or all status data!")
    with pytest.raises(SourceFailing, match="status data"):
        nagios.check()


def test_cgis_that_answer_nothing_are_worth_a_retry(serve: Serve) -> None:
    connector = NagiosConnector(MonitorAccess(serve(lambda request: request.answer(b"\n"))))
    with pytest.raises(SourceFailing, match="daemon may be down"):
        connector.check()
    connector.close()


def test_fewer_services_than_counted_are_not_taken_as_all(nagios: NagiosConnector, fake: FakeNagios) -> None:
    for number in range(20):
        fake.add_host(f"h{number}")
    fake.page = lambda found, params: found[:-1]  # type: ignore[method-assign]
    with pytest.raises(SourceGarbled, match="counted"):
        list(nagios.items(sorted(fake.hosts)))


def test_nagios_is_read_only(nagios: NagiosConnector) -> None:
    with pytest.raises(SourceReadOnly):
        nagios.acknowledge_alert("1", "")
