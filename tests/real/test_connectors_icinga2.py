"""A real Icinga 2: its certificates and users, its objects as records, its problems as alerts, and what is written."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.connectors.base import Connector, HostEdit, ItemEdit, ItemRecord, MonitorAccess, NewHost, NewItem, alert_page
from app.connectors.registry import open_connector
from app.enums import QuietKind
from app.errors import SourceConflict, SourceRefusedLogin, SourceUnreachable
from app.rules.alerts.alert_reports import AlertReport
from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.user import User
from tests.cli.processes import wait_for
from tests.real.icinga_server import PASSWORD, USER, Icinga, running
from tests.real.test_connectors_conform import failures

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def icinga() -> Iterator[Icinga]:
    with running() as icinga:
        yield icinga


@pytest.fixture
def connector(icinga: Icinga) -> Iterator[Connector]:
    with open_connector("icinga2", access(icinga)) as connector:
        yield connector


def access(icinga: Icinga, **others: Any) -> MonitorAccess:
    return MonitorAccess(
        **{"url": icinga.url, "username": USER, "password": PASSWORD, "ca_pem": icinga.ca_pem, **others}
    )


def items(connector: Connector, host: str) -> dict[str, ItemRecord]:
    return {item.external_id: item for page in connector.items([host]) for item in page.records}


def problems(connector: Connector) -> dict[str, AlertReport]:
    return {report.external_id: report for page in connector.alerts() for report in alert_page(page).records}


def test_it_conforms(icinga: Icinga) -> None:
    assert failures("icinga2", access(icinga)) == []


def test_its_own_authority_is_trusted_and_a_client_certificate_signs_in(icinga: Icinga) -> None:
    with pytest.raises(SourceUnreachable), open_connector("icinga2", access(icinga, ca_pem=None)) as connector:
        connector.check()
    shown = {"client_cert_pem": icinga.certificate_pem, "client_key_pem": icinga.key_pem}
    with open_connector("icinga2", access(icinga, username=None, password=None, **shown)) as connector:
        assert connector.check().startswith("r2.")


@pytest.mark.parametrize(
    ("others", "told"), [({"password": "wrong"}, "HTTP 401"), ({"username": "weak"}, "objects/query/Host")]
)
def test_a_user_who_may_not_is_refused(icinga: Icinga, others: dict[str, Any], told: str) -> None:
    with (
        pytest.raises(SourceRefusedLogin, match=told),
        open_connector("icinga2", access(icinga, **others)) as connector,
    ):
        connector.check()


def test_hosts_and_their_checks(icinga: Icinga, connector: Connector) -> None:
    icinga.check_result("Service", "web-0!disk", 1, "DISK WARNING - 85%", "/=85%;80;90;0;100")
    hosts = {host.name: host for page in connector.hosts() for host in page.records}
    host = hosts["web-0"]
    assert (host.display_name, host.ip_addr, host.groups, host.labels) == (
        "网页 0",
        "192.0.2.1",
        ("linux",),
        {"role": "网页"},
    )
    wait_for(lambda: items(connector, "web-0")["web-0!ping"].value == "0", "the active check")
    found = items(connector, "web-0")
    disk = found["web-0!disk"]
    assert (disk.value, disk.value_text) == ("1", "WARNING: DISK WARNING - 85%")
    assert (found["web-0!disk!/"].value, found["web-0!disk!/"].units) == ("85", "%")
    assert (found["web-0!ping!rta"].value, found["web-0!ping!rta"].units) == ("0.5", "ms")
    assert connector.item("web-0", "web-0!disk!/") == found["web-0!disk!/"]
    assert connector.item("web-0", "web-0!gone") is None
    assert [page.records for page in connector.items(["gone"])] == [[]]


def test_a_downtime_and_a_dead_host_keep_a_problem_quiet(icinga: Icinga, connector: Connector) -> None:
    icinga.check_result("Service", "web-2!disk", 2, "DISK CRITICAL")
    assert problems(connector)["web-2!disk"].quiet is None
    icinga.check_result("Host", "web-2", 1, "PING CRITICAL - 100% 丢失")
    icinga.check_result("Service", "web-2!disk", 2, "DISK CRITICAL")
    found = problems(connector)
    assert (found["web-2"].source_severity, found["web-2"].message) == (
        "DOWN",
        "Host is DOWN: PING CRITICAL - 100% 丢失",
    )
    quiet = found["web-2!disk"].quiet
    assert quiet is not None
    assert quiet.kind == QuietKind.SYMPTOM
    told = {"author": "小王", "comment": "换盘", "start_time": 1_700_000_000, "end_time": 4_000_000_000}
    icinga.act("schedule-downtime", "Host", "web-2", **told)
    quiet = problems(connector)["web-2"].quiet
    assert quiet is not None
    assert (quiet.kind, quiet.by, quiet.comment) == (QuietKind.MAINTENANCE, "小王", "换盘")
    icinga.check_result("Host", "web-2", 0, "PING OK")
    assert "web-2" not in problems(connector)


def test_edits_are_written_and_hosts_created(icinga: Icinga, connector: Connector) -> None:
    connector.update_host("web-0", HostEdit("web-0", "改名", "新", True))
    connector.update_item("web-0!ping", ItemEdit("延迟", "", False, "2m", ""))
    assert icinga.attributes("hosts", "web-0")["display_name"] == "改名"
    ping = icinga.attributes("services", "web-0!ping")
    assert (ping["display_name"], ping["check_interval"], ping["enable_active_checks"]) == ("延迟", 120, False)
    new = NewHost(HostEdit("新机器", "新", "", True), None, ("linux",))
    assert [connector.create_host(new), connector.create_host(new)] == ["新机器"] * 2
    item = NewItem(ItemEdit("盘", "", True, "1m", ""), "disk 2", "float")
    assert [connector.create_item("新机器", item) for _ in range(2)] == ["新机器!disk 2"] * 2
    with pytest.raises(SourceConflict):
        connector.create_host(NewHost(HostEdit("web-1", "另一台", "", True), None, ()))


@pytest.mark.usefixtures("worker")
def test_a_problem_is_an_alert_and_its_acknowledgement_is_written_back(icinga: Icinga, user: User) -> None:
    connection = {"username": USER, "password": PASSWORD, "ca_pem": icinga.ca_pem}
    monitor = user.add_monitor(icinga.url, "icinga2", **connection)
    icinga.check_result("Service", "web-1!disk", 2, "DISK CRITICAL - 97% 满", "/=97%;80;90;0;100")
    assert user.end(user.post(f"/monitors/{monitor}/sync-async", 202)["task_id"])["state"] == "succeeded"

    def alert() -> Any:
        [found] = [each for each in user.all("/alerts", monitor_id=monitor) if each["external_id"] == "web-1!disk"]
        return found

    first = alert()
    assert (first["severity"], first["status"], first["message"]) == (2, 0, "disk is CRITICAL: DISK CRITICAL - 97% 满")
    assert first["host_id"] is not None
    assert first["item_id"] is not None
    user.post(f"/alerts/{first['id']}/acknowledge", 200, {"comment": "看到了"})
    wait_for(lambda: icinga.attributes("services", "web-1!disk")["acknowledgement"] == 1, "the acknowledgement")
    icinga.check_result("Service", "web-1!disk", 0, "DISK OK")
    assert user.end(user.pull(monitor, "alerts"))["state"] == "succeeded"
    assert alert()["status"] == 2
