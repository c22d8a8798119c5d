"""The Zabbix connector reads from a real Zabbix exactly what its API says, and what it writes is there afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.connectors.base import HostEdit, HostRecord, ItemEdit, ItemRecord, MonitorAccess
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceRefusedLogin, SourceRejected
from tests.real.zabbix_fill import ZabbixApi
from tests.real.zabbix_rows import VALUE_TYPES, address, last_value, value_at

pytestmark = pytest.mark.real


@pytest.fixture
def connector(zabbix_api: ZabbixApi) -> Iterator[ZabbixConnector]:
    connector = ZabbixConnector(MonitorAccess(zabbix_api.url, "Admin", "zabbix"))
    yield connector
    connector.close()


def all_hosts(connector: ZabbixConnector) -> list[HostRecord]:
    return [record for page in connector.hosts() for record in page.records]


def fleet_host(connector: ZabbixConnector, n: int) -> HostRecord:
    return next(host for host in all_hosts(connector) if host.name == f"fleet-{n:05d}")


def items_of(connector: ZabbixConnector, host: HostRecord) -> dict[str, ItemRecord]:
    return {item.key: item for page in connector.items([host.external_id]) for item in page.records}


def test_check_signs_in_and_tells_the_version(connector: ZabbixConnector, zabbix_api: ZabbixApi) -> None:
    assert connector.check().startswith("6.0.")


@pytest.mark.parametrize("access", [{"username": "Admin", "password": "wrong"}, {"api_token": "0" * 64}])
def test_wrong_credentials_are_refused(zabbix_url: str, access: dict[str, Any]) -> None:
    connector = ZabbixConnector(MonitorAccess(zabbix_url, **access))
    with pytest.raises(SourceRefusedLogin, match="Zabbix says"):
        connector.check()
    connector.close()


def test_an_api_token_signs_in(zabbix_api: ZabbixApi) -> None:
    (token_id,) = zabbix_api.call("token.create", {"name": "nagare", "userid": "1"})["tokenids"]
    (token,) = zabbix_api.call("token.generate", [token_id])
    connector = ZabbixConnector(MonitorAccess(zabbix_api.url, api_token=token["token"]))
    try:
        assert connector.check().startswith("6.0.")
        zabbix_api.call("token.delete", [token_id])
        with pytest.raises(SourceRefusedLogin, match="Not authorized"):
            connector.check()
    finally:
        connector.close()


def test_a_session_that_zabbix_ended_is_opened_again(connector: ZabbixConnector, zabbix_api: ZabbixApi) -> None:
    connector.check()
    connector._rpc._send("user.logout", [], connector._rpc._credential)
    assert connector.check().startswith("6.0.")


def test_the_hosts_are_exactly_zabbixs(connector: ZabbixConnector, zabbix_api: ZabbixApi) -> None:
    fields = ["hostid", "host", "name", "description", "status"]
    query = {"output": fields, "selectInterfaces": "extend", "selectGroups": ["name"]}
    expected = {}
    for row in zabbix_api.call("host.get", query):
        errors = [each["error"] for each in row["interfaces"] if each["available"] == "2"]
        expected[row["hostid"]] = HostRecord(
            external_id=row["hostid"],
            name=row["host"],
            display_name=row["name"],
            description=row["description"],
            ip_addr=address(row),
            enabled=row["status"] == "0",
            groups=tuple(group["name"] for group in row["groups"]),
            error=errors[0] if errors else None,
        )
    found = {host.external_id: replace(host, details={}) for host in all_hosts(connector)}
    assert found == expected
    fleet = [host for host in found.values() if host.name.startswith("fleet-")]
    assert len(fleet) == 30
    assert sum(not host.enabled for host in fleet) == 3
    assert sum("数据库主机" in host.display_name for host in fleet) == 5
    assert sum(host.ip_addr is None for host in fleet) == 2
    assert {group for host in fleet for group in host.groups} == {"fleet servers", "fleet 二号机房"}


def test_the_items_are_exactly_zabbixs(connector: ZabbixConnector, zabbix_api: ZabbixApi) -> None:
    hosts = [host.external_id for host in all_hosts(connector) if host.name.startswith("fleet-")]
    expected = {
        row["itemid"]: ItemRecord(
            host_external_id=row["hostid"],
            external_id=row["itemid"],
            name=row["name"],
            key=row["key_"],
            value=last_value(row),
            value_type=VALUE_TYPES[int(row["value_type"])],
            units=row["units"],
            description=row["description"],
            interval=row["delay"],
            enabled=row["status"] == "0",
            value_at=value_at(row),
            error=(row["error"] or "Not supported") if row["state"] == "1" else None,
        )
        for row in zabbix_api.call("item.get", {"hostids": hosts, "output": "extend"})
    }
    pages = list(connector.items(hosts))
    assert [host for page in pages for host in page.host_external_ids] == hosts
    assert {item.external_id: item for page in pages for item in page.records} == expected
    assert len(expected) == 600
    assert sum(item.value is not None for item in expected.values()) == 27 * 19
    one = pages[0].records[0]
    assert connector.item(one.host_external_id, one.external_id) == one


def test_what_zabbix_does_not_have_is_not_made_up(connector: ZabbixConnector) -> None:
    known = fleet_host(connector, 0).external_id
    (page,) = connector.hosts(["999999999", known, "not-an-id"])
    assert ([host.external_id for host in page.records], page.total) == ([known], 1)
    assert [list(page.records) for page in connector.items(["999999999", "not-an-id"])] == [[]]
    assert connector.item(known, "999999999") is None


def test_a_host_that_was_written_reads_back(connector: ZabbixConnector) -> None:
    before = fleet_host(connector, 3)
    edit = HostEdit("fleet-00003", "三号主机 <b>&", "第一行\n第二行 'x'", enabled=False)
    connector.update_host(before.external_id, edit)
    (page,) = connector.hosts([before.external_id])
    assert page.records == [
        replace(before, display_name="三号主机 <b>&", description="第一行\n第二行 'x'", enabled=False)
    ]
    connector.update_host(before.external_id, HostEdit(before.name, before.display_name, before.description, True))
    assert fleet_host(connector, 3) == before


def test_an_item_that_was_written_reads_back(connector: ZabbixConnector) -> None:
    host = fleet_host(connector, 4)
    before = items_of(connector, host)["metric[0]"]
    connector.update_item(before.external_id, ItemEdit("指标 零", "说明", enabled=False, interval="0", units="°C"))
    after = connector.item(host.external_id, before.external_id)
    assert after is not None
    assert (after.name, after.description, after.enabled, after.units) == ("指标 零", "说明", False, "°C")
    connector.update_item(before.external_id, ItemEdit(before.name, before.description, True, "0", before.units))
    assert items_of(connector, host)["metric[0]"] == before


def test_what_zabbix_refuses_to_write_is_told_in_its_words(connector: ZabbixConnector) -> None:
    host = fleet_host(connector, 5)
    with pytest.raises(SourceRejected, match='Host with the same name "fleet-00006" already exists'):
        connector.update_host(host.external_id, HostEdit("fleet-00006", host.display_name, host.description, True))
    with pytest.raises(SourceRejected, match="no longer has this host"):
        connector.update_host("999999999", HostEdit("a", "a", "", True))


def test_an_item_from_a_template_takes_its_status_and_not_its_name(
    connector: ZabbixConnector, zabbix_api: ZabbixApi
) -> None:
    query = {"output": ["itemid", "hostid"], "inherited": True, "templated": False, "limit": 1}
    (inherited,) = zabbix_api.call("item.get", query)
    before = connector.item(inherited["hostid"], inherited["itemid"])
    assert before is not None
    edit = ItemEdit(before.name, before.description, not before.enabled, before.interval, before.units)
    connector.update_item(before.external_id, edit)
    after = connector.item(inherited["hostid"], inherited["itemid"])
    assert after is not None
    assert after.enabled is not before.enabled
    connector.update_item(before.external_id, replace(edit, enabled=before.enabled))
    with pytest.raises(SourceRejected, match="did not apply the new name"):
        connector.update_item(before.external_id, replace(edit, name="another name", enabled=before.enabled))
