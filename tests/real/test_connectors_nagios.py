"""A real Nagios Core: hosts, services, and a problem that is raised, acknowledged, in downtime, and over."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.connectors.nagios.connector import NagiosConnector
from app.enums import QuietKind
from app.errors import SourceFailing, SourceRefusedLogin
from app.rules.alerts.alert_reports import AlertReport
from tests.real.conftest import LABS, lab
from tests.real.test_connectors_conform import failures
from tests.real.zabbix_fill import wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def access() -> Iterator[MonitorAccess]:
    with lab("nagios") as url:
        yield MonitorAccess(url, "nagiosadmin", "nagare-lab")


def tell(*words: str) -> None:
    subprocess.run([LABS / "nagios", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def pages(access: MonitorAccess) -> list[AlertPage]:
    with closing(NagiosConnector(access)) as connector:
        return [*connector.alerts()]


def firing(access: MonitorAccess) -> dict[str, AlertReport]:
    return {one.external_id: one for page in pages(access) for one in page.records}


def test_it_conforms(access: MonitorAccess) -> None:
    assert failures("nagios", access) == []


def test_hosts_and_their_services(access: MonitorAccess) -> None:
    connector = NagiosConnector(access)
    assert connector.check().startswith("4.")
    (page,) = connector.hosts()
    hosts = {host.name: host for host in page.records}
    assert {*hosts} == {"dark-1", "db-1", "web-1"}
    assert (hosts["web-1"].display_name, hosts["db-1"].groups) == ("网页服务器", ("linux", "racks"))
    wait_until(lambda: connector.item("web-1", "Load|load1") is not None, 90, "the load of web-1")
    connector.close()


def test_a_user_without_rights_is_refused(access: MonitorAccess) -> None:
    connector = NagiosConnector(MonitorAccess(access.url, "stranger", "nagare-lab"))
    with pytest.raises(SourceRefusedLogin):
        connector.check()
    connector.close()


def test_a_problem_from_its_start_to_its_end(access: MonitorAccess) -> None:
    tell("result", "db-1", "Passive", "2", "磁盘 is full | used=99%;80;90")
    message = "Passive: CRITICAL: 磁盘 is full"
    wait_until(
        lambda: [one.message for one in firing(access).values() if one.item_name == "Passive"] == [message], 30, message
    )
    tell("command", "ACKNOWLEDGE_SVC_PROBLEM;db-1;Passive;2;0;1;小王;seen")
    wait_until(lambda: firing(access)["db-1;Passive"].is_acknowledged, 30, "the acknowledgement")
    assert firing(access)["db-1;Passive"].annotations["acknowledged_by"] == "小王"
    now = int(time.time())
    tell("command", f"SCHEDULE_SVC_DOWNTIME;db-1;Passive;{now};{now + 600};1;0;600;admin;racks")
    wait_until(lambda: firing(access)["db-1;Passive"].quiet is not None, 30, "the downtime")
    quiet = firing(access)["db-1;Passive"].quiet
    assert quiet is not None and (quiet.kind, quiet.by, quiet.comment) == (QuietKind.MAINTENANCE, "admin", "racks")
    tell("result", "db-1", "Passive", "0", "fine")
    wait_until(lambda: "db-1;Passive" not in firing(access), 30, "its end")
    assert all(page.completeness is Completeness.COMPLETE for page in pages(access))


def test_a_soft_problem_does_not_fire(access: MonitorAccess) -> None:
    tell("result", "db-1", "Soft", "2", "flutters")
    wait_until(lambda: any("db-1;Soft" in page.still_open for page in pages(access)), 30, "the soft problem")
    assert "db-1;Soft" not in firing(access)


def test_while_the_daemon_is_down_nothing_is_over(access: MonitorAccess) -> None:
    tell("freeze")
    with pytest.raises(SourceFailing):
        pages(access)
    tell("thaw")
