"""A real Zabbix and a real Alertmanager are told of maintenance windows, changed, and told that they are over."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app import clock
from app.connectors.alertmanager.connector import AlertmanagerConnector
from app.connectors.base import MonitorAccess, alert_page
from app.connectors.maintenance import WritesMaintenance
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.zabbix.connector import ZabbixConnector
from app.enums import QuietKind
from app.rules.maintenance.occurrences import Occurrence
from app.rules.maintenance.source_maintenance import SourceMaintenance
from app.rules.maintenance.source_scopes import WindowScope, scope_of_labels
from tests.cli.processes import wait_for
from tests.real.prometheus_servers import Alertmanager
from tests.real.test_connectors_zabbix_alerts import Machine
from tests.real.zabbix_fill import ZabbixApi, fresh_name, wait_until

pytestmark = pytest.mark.real

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DISK = {"alertname": "磁盘满了", "instance": "db1:9100", "team": "pay"}


@pytest.fixture
def mark() -> str:
    """Return a mark that nothing at the sources has."""
    return f"nagare #12-{time.time_ns():x}"


@pytest.fixture(params=["5.0", "7.0"])
def release(request: pytest.FixtureRequest, zabbix_releases: dict[str, str]) -> Iterator[ZabbixApi]:
    url = zabbix_releases[request.param]
    with ZabbixApi(url, trapper_port=(urlsplit(url).port or 0) + 1) as api:
        yield api


@pytest.fixture
def zabbix(zabbix_api: ZabbixApi) -> Iterator[ZabbixConnector]:
    connector = ZabbixConnector(MonitorAccess(zabbix_api.url, "Admin", "zabbix"))
    yield connector
    connector.close()


def window(*begins: datetime, hosts: list[str] | None = None, length: timedelta = HOUR) -> SourceMaintenance:
    periods = [Occurrence(one, one + length) for one in begins]
    return SourceMaintenance("每日重启", "由值班安排", periods, hosts)


def maintenances(api: ZabbixApi, mark: str) -> list[dict[str, Any]]:
    """Return what Zabbix itself has under a mark."""
    groups = "selectHostGroups" if api.version >= (6, 2) else "selectGroups"
    query = {"output": "extend", "search": {"name": mark}, "selectHosts": ["hostid"], groups: ["groupid"]}
    found: list[dict[str, Any]] = api.call("maintenance.get", {**query, "selectTimeperiods": "extend"})
    return [{**row, "groups": row.pop("hostgroups", None) or row.get("groups", [])} for row in found]


def updates(api: ZabbixApi, maintenance_id: str) -> int:
    """Return how many changes of a maintenance are in Zabbix's audit log, which 5.0 does not show."""
    if api.version < (6, 0):
        return 0
    query = {"filter": {"resourcetype": 27, "resourceid": maintenance_id, "action": 1}, "countOutput": True}
    return int(api.call("auditlog.get", query))


def change_by_hand(api: ZabbixApi, maintenance_id: str, other_host: str) -> Iterator[dict[str, Any]]:
    """Change what a person can, one after the other."""
    [whole] = api.call("maintenance.get", {"maintenanceids": [maintenance_id], "output": "extend"})
    hosts = {"hosts": [{"hostid": other_host}]} if api.version >= (6, 0) else {"hostids": [other_host], "groupids": []}
    period = {"timeperiod_type": 0, "start_date": int(whole["active_since"]), "period": 300}
    for change in ({"tags": [{"tag": "team"}]}, hosts, {"timeperiods": [period]}, {"maintenance_type": 1}):
        api.call("maintenance.update", {"maintenanceid": maintenance_id, **change})
        yield change


def test_zabbix_has_a_period_for_each_occurrence_and_nothing_twice(
    zabbix_api: ZabbixApi, zabbix: ZabbixConnector, mark: str
) -> None:
    first, second = (row["hostid"] for row in zabbix_api.call("host.get", {"output": ["hostid"], "limit": 2}))
    _tell_change_and_take_back_at_zabbix(zabbix_api, zabbix, mark, first, second)


def test_other_releases_of_zabbix_are_told_the_same(release: ZabbixApi, mark: str) -> None:
    group = release.call("hostgroup.get", {"output": ["groupid"], "limit": 1})
    interface = {"type": 1, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": "10050"}
    new = [{"host": fresh_name("told"), "groups": group, "interfaces": [interface]} for _ in range(2)]
    first, second = (release.call("host.create", one)["hostids"][0] for one in new)
    with closing(ZabbixConnector(MonitorAccess(release.url, "Admin", "zabbix"))) as connector:
        try:
            _tell_change_and_take_back_at_zabbix(release, connector, mark, first, second)
        finally:
            connector.set_maintenance(mark, None)
            release.call("host.delete", [first, second])


def _tell_change_and_take_back_at_zabbix(
    zabbix_api: ZabbixApi, zabbix: ZabbixConnector, mark: str, first: str, second: str
) -> None:
    now = clock.now()
    wanted = window(now, now + DAY, hosts=[first])
    ids = zabbix.set_maintenance(mark, wanted)
    assert zabbix.set_maintenance(mark, wanted) == ids
    [there] = maintenances(zabbix_api, mark)
    assert (there["maintenanceid"], there["name"]) == (ids[0], f"每日重启 ({mark})")
    assert (there["description"], there["maintenance_type"]) == ("由值班安排", "0")
    assert [host["hostid"] for host in there["hosts"]] == [first]
    starts = [datetime.fromtimestamp(int(one["start_date"]), UTC) for one in there["timeperiods"]]
    assert starts == [one.replace(second=0, microsecond=0) for one in (now, now + DAY)]
    assert {one["timeperiod_type"] for one in there["timeperiods"]} == {"0"}
    assert all(3600 <= int(one["period"]) <= 3660 for one in there["timeperiods"])
    assert updates(zabbix_api, ids[0]) == 0
    for _ in change_by_hand(zabbix_api, ids[0], second):
        assert zabbix.set_maintenance(mark, wanted) == ids
        [again] = maintenances(zabbix_api, mark)
        assert _without_ids(again) == _without_ids(there)

    assert zabbix.set_maintenance(mark, window(now + DAY, hosts=[second])) == ids
    [there] = maintenances(zabbix_api, mark)
    assert ([host["hostid"] for host in there["hosts"]], len(there["timeperiods"])) == ([second], 1)

    zabbix.set_maintenance(mark, window(now + DAY))
    [there] = maintenances(zabbix_api, mark)
    assert (there["hosts"], len(there["groups"]) > 0) == ([], True)
    zabbix_api.call("maintenance.delete", [*ids])
    [new_id] = zabbix.set_maintenance(mark, wanted)
    assert new_id != ids[0]
    zabbix_api.call("maintenance.delete", [new_id])
    for _ in range(2):
        assert zabbix.set_maintenance(mark, None) == []
    assert maintenances(zabbix_api, mark) == []


def _without_ids(row: dict[str, Any]) -> dict[str, Any]:
    periods = [{name: one[name] for name in one if name != "timeperiodid"} for one in row["timeperiods"]]
    return {**row, "timeperiods": periods}


def test_a_problem_on_a_host_in_our_maintenance_is_quiet(
    zabbix_api: ZabbixApi, zabbix: ZabbixConnector, mark: str
) -> None:
    zabbix_api.delete("alerts")
    machine = Machine(zabbix_api)

    def quiet() -> Any:
        reports = [report for page in zabbix.alerts() for report in alert_page(page).records]
        return next(report.quiet for report in reports if report.external_id == event_id)

    event_id = machine.fire()
    assert quiet() is None
    zabbix.set_maintenance(mark, window(clock.now(), hosts=[machine.host_id]))
    try:
        wait_until(lambda: quiet() is not None, 90, "the maintenance")
        assert (quiet().kind, quiet().comment) == (QuietKind.MAINTENANCE, f"每日重启 ({mark})")
    finally:
        zabbix.set_maintenance(mark, None)
        zabbix_api.delete("alerts")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Alertmanager]:
    """Yield an Alertmanager that an alert was sent to."""
    with ExitStack() as stack:
        server = Alertmanager(tmp_path)
        stack.callback(server.kill)
        now = clock.now()
        alert = {"labels": DISK, "startsAt": now.isoformat(), "endsAt": (now + HOUR).isoformat()}
        httpx.post(f"{server.url}/api/v2/alerts", json=[alert], trust_env=False).raise_for_status()
        yield server


Connect = Callable[[str], Any]
CONNECTORS = {
    "alertmanager": lambda url: AlertmanagerConnector(MonitorAccess(url)),
    "prometheus": lambda url: PrometheusConnector(MonitorAccess("http://127.0.0.1:9", alertmanager_urls=[url])),
}


@pytest.mark.parametrize("connect", CONNECTORS.values(), ids=CONNECTORS)
def test_alertmanager_has_a_silence_for_each_occurrence_and_nothing_twice(
    server: Alertmanager, connect: Connect, mark: str
) -> None:
    with closing(connect(server.url)) as connector:
        _tell_change_and_take_back(server, connector, mark)


def _tell_change_and_take_back(server: Alertmanager, connector: WritesMaintenance, mark: str) -> None:
    scope = WindowScope.of(
        {"monitor_id": 1, "host_id": None, "group": None, "match": '{alert.host=~"db1.*", team="pay"}'}
    )
    now = clock.now()
    periods = [Occurrence(now - HOUR, now + HOUR), Occurrence(now + DAY, now + DAY + HOUR)]
    wanted = SourceMaintenance("每日重启", "", periods, None, scope_of_labels(scope, "am", ()))

    def live() -> dict[str, Any]:
        found = server.get("/api/v2/silences")
        return {each["id"]: each for each in found if each["status"]["state"] != "expired"}

    ids = connector.set_maintenance(mark, wanted)
    # One for each label that may name the host.
    assert ({*live()}, len(ids)) == ({*ids}, 8)
    assert {each["comment"] for each in live().values()} == {f"{mark}: 每日重启"}
    wait_for(lambda: server.states() == {"磁盘满了": "suppressed"}, "the silence")
    assert connector.set_maintenance(mark, wanted) == ids

    httpx.delete(f"{server.url}/api/v2/silence/{ids[0]}", trust_env=False).raise_for_status()
    again = connector.set_maintenance(mark, wanted)
    assert (len(live()), {*again} - {*ids} != set()) == (8, True)

    pending = [one for one in again if live()[one]["status"]["state"] == "pending"]
    other = SourceMaintenance("每日重启", "", periods[1:], None, wanted.matcher_sets)
    assert connector.set_maintenance(mark, other) == pending
    wait_for(lambda: server.states() == {"磁盘满了": "active"}, "the alert")
    for one in live():
        httpx.delete(f"{server.url}/api/v2/silence/{one}", trust_env=False).raise_for_status()
    for _ in range(2):
        assert connector.set_maintenance(mark, None) == []
    assert live() == {}
