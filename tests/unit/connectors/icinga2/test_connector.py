"""What the connector makes of an Icinga's objects, and what it writes to them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import AlertPage, HostEdit, ItemEdit, MonitorAccess, NewHost, NewItem
from app.connectors.icinga2.connector import Icinga2Connector
from app.enums import QuietKind
from app.errors import Invalid, SourceConflict, SourceRefusedLogin, SourceRejected
from app.rules.alerts.alert_reports import AlertReport, Quiet
from tests.unit.connectors.icinga2.fake_icinga import NOW, FakeIcinga, result

Serve = Callable[[Callable[[Any], None]], str]


@pytest.fixture
def icinga() -> FakeIcinga:
    return FakeIcinga()


@pytest.fixture
def connector(serve: Serve, icinga: FakeIcinga) -> Iterator[Icinga2Connector]:
    with closing(Icinga2Connector(MonitorAccess(f"{serve(icinga.respond)}/v1/", "root", "icinga"))) as connector:
        yield connector


def problems(connector: Icinga2Connector) -> dict[str, AlertReport]:
    return {report.external_id: report for page in connector.alerts() for report in page.records}


@pytest.mark.parametrize(
    ("access", "field"),
    [
        ({"url": "ftp://icinga"}, "url"),
        ({"username": None, "password": None}, "username"),
        ({"username": None}, "username"),
        ({"username": "a:b"}, "username"),
        ({"password": None}, "password"),
        ({"api_token": "t0ken"}, "api_token"),
    ],
)
def test_access_that_cannot_be_right_is_invalid(access: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        Icinga2Connector(MonitorAccess(**{"url": "https://icinga:5665", "username": "root", "password": "x", **access}))
    assert caught.value.field == field


def test_a_user_without_permissions_is_told_which_he_needs(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    assert connector.check() == "r2.13.6-1"
    icinga.denied = {"hosts"}
    with pytest.raises(SourceRefusedLogin, match="objects/query/Host"):
        connector.check()


def test_a_host_with_its_variables_but_not_its_secrets(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.add_host("网页-1", notes="一台")
    icinga.add_host("down", 1, enable_active_checks=False, enable_passive_checks=False)
    icinga.add_host("soft", 1, state_type=0.0)
    icinga.add_host("pending", 1, last_check_result=None, last_check=-1.0)
    [page] = connector.hosts()
    found = {host.external_id: host for host in page.records}
    assert (page.total, [*found]) == (4, ["down", "pending", "soft", "网页-1"])
    host = found["网页-1"]
    assert (host.display_name, host.description, host.ip_addr, host.groups) == (
        "网页-1",
        "一台",
        "192.0.2.1",
        ("linux",),
    )
    assert host.labels == {"os": "Linux", "role": "网页", "cores": "4"}
    assert host.details == {"interfaces": [{"type": "address", "address": "192.0.2.1"}]}
    assert (found["down"].error, found["down"].enabled) == ("PING CRITICAL", False)
    assert (found["soft"].error, found["pending"].error, host.error) == (None, None, None)


def test_hosts_that_are_gone_are_left_out(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.add_host("a")
    assert [[host.name for host in page.records] for page in connector.hosts(["gone", "a", "a"])] == [["a"]]
    assert [page.records for page in connector.items(["gone"])] == [[]]


def test_a_check_and_each_of_its_measurements_is_an_item(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.add_host("a")
    icinga.add_service("a", "disk", 2)
    perfdata = {
        "label": "x",
        "value": 3,
        "unit": "",
        "counter": True,
        "warn": None,
        "crit": 9,
        "min": None,
        "max": None,
    }
    icinga.add_service("a", "read", last_check_result=result(3, "", [perfdata, "'a b'=U"]), state=3.0)
    [page] = connector.items(["a"])
    found = {item.external_id: item for item in page.records}
    assert [*found] == ["a!!check", "a!!check!rta", "a!disk", "a!disk!/", "a!read", "a!read!x", "a!read!a b"]
    disk = found["a!disk"]
    assert (disk.value, disk.value_text, disk.interval, disk.error) == ("2", "CRITICAL: DISK 2", "300s", None)
    assert disk.value_at == datetime.fromtimestamp(NOW, UTC)
    used = found["a!disk!/"]
    assert (used.name, used.value, used.units, used.value_type) == ("disk: /", "97", "%", "float")
    assert used.description == "warning 80, critical 90, minimum 0, maximum 100"
    assert (found["a!read"].error, found["a!read!x"].units, found["a!read!x"].value) == (
        "The plugin reports UNKNOWN",
        "c",
        "3",
    )
    assert (found["a!read!a b"].value, found["a!read!a b"].value_at) == (None, None)
    assert connector.item("a", "a!disk!/") == used
    assert connector.item("a", "a!!check") == found["a!!check"]
    assert [connector.item("a", name) for name in ("a!gone", "b!disk", "a", "a!disk!gone")] == [None] * 4


def test_many_hosts_come_in_pages_and_in_their_order(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    names = [f"h{number}" for number in range(1200)]
    for name in names:
        icinga.add_host(name)
        icinga.add_service(name, "disk")
    assert [len(page.records) for page in connector.hosts()] == [500, 500, 200]
    pages = [*connector.items(names)]
    assert [name for page in pages for name in page.host_external_ids] == names
    assert [len(page.records) for page in pages] == [2000, 2000, 800]


def test_hard_problems_are_alerts(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.add_host("a")
    icinga.add_host("b", 1)
    icinga.add_service("a", "disk", 2)
    icinga.add_service("a", "load", 1, state_type=0.0)
    icinga.add_service("a", "fresh", 3, last_check_result=None, last_check=-1.0)
    first, *_ = pages = [*connector.alerts()]
    found = problems(connector)
    assert sorted(found) == ["a!disk", "b"]
    assert all(page.completeness == "complete" for page in pages)
    assert first.still_open == ["a!fresh"]
    disk = found["a!disk"]
    assert (disk.message, disk.source_severity, disk.description) == (
        "disk is CRITICAL: DISK 2",
        "CRITICAL",
        "DISK 2\n第二行",
    )
    assert (disk.host_name, disk.item_external_id, disk.started_at) == (
        "a",
        "a!disk",
        datetime.fromtimestamp(NOW - 60, UTC),
    )
    assert disk.labels == {
        **{"os": "Linux", "role": "网页", "cores": "4"},
        **{"host": "a", "service": "disk", "state": "CRITICAL", "groups": "linux"},
    }
    assert "hush" not in str(disk)
    host = found["b"]
    assert (host.message, host.source_severity, host.item_external_id) == ("Host is DOWN: PING CRITICAL", "DOWN", None)


def test_downtimes_dependencies_and_acknowledgements_are_told(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.add_host("b", 1, downtime_depth=1.0)
    icinga.add_note("downtimes", "b", comment="换盘", end_time=NOW + 60, trigger_time=NOW)
    icinga.add_service("b", "disk", 2, last_reachable=False)
    icinga.add_service("b", "load", 1, acknowledgement=1.0)
    icinga.add_note("comments", "b!load", text="看到了", entry_type=4, entry_time=NOW)
    found = problems(connector)
    until = datetime.fromtimestamp(NOW + 60, UTC)
    assert found["b"].quiet == Quiet(QuietKind.MAINTENANCE, "b!note-0", "小王", "换盘", until)
    assert found["b!disk"].quiet is not None
    assert found["b!disk"].quiet.kind == QuietKind.SYMPTOM
    assert (found["b!load"].is_acknowledged, found["b!load"].comment, found["b!load"].quiet) == (
        True,
        "小王: 看到了",
        None,
    )
    icinga.denied = {"comments", "downtimes"}
    found = problems(connector)
    assert found["b"].quiet == Quiet(QuietKind.MAINTENANCE)
    assert (found["b!load"].is_acknowledged, found["b!load"].comment) == (True, "")


def test_satellites_that_are_not_connected_are_told(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.disconnected = ["卫星-1", *map(str, range(6))]
    [page] = connector.alerts()
    assert isinstance(page, AlertPage)
    assert [*page.missing] == [
        "Icinga is not connected to 卫星-1, 0, 1, 2, 3 and others: what it says of their checks may be old."
    ]
    assert page.completeness == "complete"


def test_an_acknowledgement_is_written_once(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    icinga.add_host("b", 1)
    icinga.add_service("b", "disk", 0)
    for _ in range(2):
        connector.acknowledge_alert("b", "看到了")
    connector.acknowledge_alert("b!disk", "")
    assert icinga.actions == [
        ("acknowledge-problem", {"type": "Host", "host": "b", "author": "root", "comment": "看到了", "notify": False})
    ]
    with pytest.raises(SourceRejected, match="no longer has this service"):
        connector.acknowledge_alert("b!gone", "")


def test_only_what_changed_is_written(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    host, service = icinga.add_host("a"), icinga.add_service("a", "disk")
    connector.update_host("a", HostEdit("a", "改名", "", True))
    connector.update_item("a!disk", ItemEdit("disk", "新", False, "5m", ""))
    written = [body for path, body in icinga.requests if body.get("attrs") and isinstance(body["attrs"], dict)]
    assert written == [
        {"hosts": ["a"], "attrs": {"display_name": "改名"}},
        {
            "services": ["a!disk"],
            "attrs": {"notes": "新", "enable_active_checks": False, "enable_passive_checks": False},
        },
    ]
    assert (host["display_name"], service["notes"]) == ("改名", "新")
    with pytest.raises(SourceRejected, match="cannot rename"):
        connector.update_host("a", HostEdit("b", "a", "", True))
    with pytest.raises(SourceRejected, match="Only a service"):
        connector.update_item("a!disk!/", ItemEdit("x", "", True, "5m", ""))
    with pytest.raises(SourceRejected, match="check interval"):
        connector.update_item("a!disk", ItemEdit("disk", "新", True, "often", ""))
    with pytest.raises(SourceRejected, match="no longer has this host"):
        connector.update_host("gone", HostEdit("gone", "", "", True))


def test_a_repeated_creation_finds_its_own(connector: Icinga2Connector, icinga: FakeIcinga) -> None:
    new = NewHost(HostEdit("新/机器", "新", "", True), "192.0.2.9", ("linux",))
    assert [connector.create_host(new), connector.create_host(new)] == ["新/机器"] * 2
    assert icinga.objects["hosts"]["新/机器"]["check_command"] == "hostalive"
    item = NewItem(ItemEdit("盘", "", True, "1m", "B"), "disk", "float")
    assert [connector.create_item("新/机器", item), connector.create_item("新/机器", item)] == ["新/机器!disk"] * 2
    icinga.add_host("old")
    with pytest.raises(SourceConflict, match="another host"):
        connector.create_host(NewHost(HostEdit("old", "old", "", True), None, ()))
    with pytest.raises(SourceRejected, match="exclamation mark"):
        connector.create_item("old", NewItem(ItemEdit("x", "", True, "1m", ""), "a!b", "float"))
