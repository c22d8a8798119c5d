"""A real Netdata parent with a child: hosts, items, and an alarm that is raised, silenced and cleared."""

import subprocess
from collections.abc import Iterator

import pytest

from app.connectors.base import AlertPage, MonitorAccess
from app.connectors.netdata.connector import NetdataConnector
from tests.real.conftest import LABS, lab
from tests.real.test_connectors_conform import failures
from tests.real.zabbix_fill import wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with lab("netdata") as url:
        yield url


def tell(*words: str) -> None:
    subprocess.run([LABS / "netdata", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def pages(url: str) -> list[AlertPage]:
    connector = NetdataConnector(MonitorAccess(url))
    found = [*connector.alerts()]
    connector.close()
    return found


def quiet_by_name(url: str) -> dict[str, bool]:
    return {one.labels["alertname"]: bool(one.quiet) for page in pages(url) for one in page.records}


def test_it_conforms(url: str) -> None:
    assert failures("netdata", MonitorAccess(url)) == []


def test_the_parent_and_its_child_are_hosts_with_items(url: str) -> None:
    connector = NetdataConnector(MonitorAccess(url))
    assert connector.check().startswith("v1.")
    hosts = [host for page in connector.hosts() for host in page.records]
    assert sorted(host.name for host in hosts) == ["child-1", "parent"]
    assert all(host.labels["_architecture"] for host in hosts)

    def has_loads() -> bool:
        # A dimension has no value in the first seconds of its node.
        pages = connector.items([host.external_id for host in hosts])
        loads = [item for page in pages for item in page.records if item.external_id == "system.load|load1"]
        assert len(loads) == 2
        return all(item.value and item.value_at for item in loads)

    wait_until(has_loads, 30, "the values of both nodes")
    connector.close()


def test_an_alarm_is_raised_silenced_and_cleared(url: str) -> None:
    tell("alarm", "1")
    wait_until(lambda: "lab_threshold" in quiet_by_name(url), 30, "the alarm")
    tell("manage", "cmd=SILENCE&alarm=lab_threshold")
    wait_until(lambda: quiet_by_name(url).get("lab_threshold") is True, 30, "its silence")
    tell("manage", "cmd=RESET")
    tell("alarm", "0")
    wait_until(lambda: "lab_threshold" not in quiet_by_name(url) and "lab_always" in quiet_by_name(url), 30, "its end")


def test_a_child_that_is_lost_is_a_host_in_error(url: str) -> None:
    def errors() -> list[str | None]:
        connector = NetdataConnector(MonitorAccess(url))
        found = [host.error for page in connector.hosts() for host in page.records if host.name == "child-1"]
        connector.close()
        return found

    tell("lose")
    wait_until(lambda: errors() == ["The node is not connected to this Netdata"], 30, "the child to be offline")
    tell("find")
    wait_until(lambda: errors() == [None], 30, "the child to be back")
