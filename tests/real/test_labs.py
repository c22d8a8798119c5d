"""The labs are what the other tests in this folder take them for."""

import subprocess
from collections import Counter
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.real.zabbix_fill import ZabbixApi, wait_until

pytestmark = pytest.mark.real

LABS = Path(__file__).parent / "labs"


def fleet_hosts(api: ZabbixApi) -> list[dict[str, object]]:
    query = {"search": {"host": "fleet-"}, "output": ["host", "name", "status"], "selectInterfaces": ["ip", "dns"]}
    hosts: list[dict[str, object]] = api.call("host.get", query)
    return hosts


def test_zabbix_is_a_6_0_that_signs_in(zabbix_url: str) -> None:
    with ZabbixApi(zabbix_url) as api:
        assert api.call("user.get", {"output": ["username"], "filter": {"username": "Admin"}})
    version = {"jsonrpc": "2.0", "id": 1, "method": "apiinfo.version", "params": []}
    assert httpx.post(zabbix_url, json=version, trust_env=False).json()["result"].startswith("6.0.")


def test_the_fleet_has_hosts_of_every_kind(zabbix_api: ZabbixApi) -> None:
    hosts = fleet_hosts(zabbix_api)
    assert len(hosts) == 30
    assert Counter(host["status"] for host in hosts) == {"0": 27, "1": 3}
    assert sum("数据库主机" in str(host["name"]) for host in hosts) == 5
    assert sum(not host["interfaces"] for host in hosts) == 2


def test_every_enabled_item_of_an_enabled_host_has_its_value(zabbix_api: ZabbixApi) -> None:
    query = {"output": ["key_", "status", "value_type", "lastvalue", "lastclock"], "selectHosts": ["host", "status"]}
    rows = zabbix_api.call("item.get", {**query, "search": {"key_": "metric["}})
    assert len(rows) == 600
    enabled = [row for row in rows if row["status"] == "0" and row["hosts"][0]["status"] == "0"]
    assert len(enabled) == 27 * 19
    assert {row["value_type"] for row in enabled} == {"0", "1", "3", "4"}
    assert all(row["lastclock"] != "0" for row in enabled)
    assert all(row["lastclock"] == "0" for row in rows if row not in enabled)
    values = {(row["hosts"][0]["host"], row["key_"]): row["lastvalue"] for row in rows}
    assert [values["fleet-00001", f"metric[{k}]"] for k in range(4)] == [
        "40.25",
        "正常",
        str(2**40 + 1),
        "line 1 of 1\n第二行",
    ]


def test_the_fleet_has_a_problem_of_each_severity(zabbix_api: ZabbixApi) -> None:
    # Of the fleet's hosts only: Zabbix goes on listing the problems of hosts that were deleted.
    hosts = [host["hostid"] for host in fleet_hosts(zabbix_api)]
    problems = zabbix_api.call("problem.get", {"output": ["severity"], "hostids": hosts})
    assert sorted(problem["severity"] for problem in problems) == ["0", "1", "2", "3", "4", "5"]


def test_prometheus_has_five_targets_of_which_two_are_dark(prometheus_url: str) -> None:
    targets = httpx.get(f"{prometheus_url}/api/v1/targets", trust_env=False).json()["data"]["activeTargets"]
    assert Counter((target["labels"]["job"], target["health"]) for target in targets) == {
        ("prometheus", "up"): 1,
        ("node", "up"): 1,
        ("alertmanager", "up"): 1,
        ("dark", "down"): 2,
    }


def test_prometheus_alerts_reach_alertmanager(prometheus_url: str) -> None:
    url = _lab("prometheus", "alertmanager-url")
    expected = {"TargetDown", "NodeUp", "PendingFirst", "NoSeverityNoSummary", "Unicode"}

    def is_all_there() -> bool:
        alerts = httpx.get(f"{url}/api/v2/alerts", trust_env=False).json()
        return expected <= {alert["labels"]["alertname"] for alert in alerts}

    wait_until(is_all_there, 30, f"the alerts {expected}")


def test_postgres_is_an_empty_utf8_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


@pytest.mark.parametrize("name", ["zabbix", "prometheus", "postgres"])
def test_starting_a_lab_that_is_up_only_prints_its_address(name: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(f"{name}_url")
    assert _lab(name, "up") == _lab(name, "url")


def _lab(name: str, verb: str) -> str:
    return subprocess.run([LABS / name, verb], capture_output=True, text=True, check=True).stdout.strip()
