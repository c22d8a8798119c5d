"""The fleet for benches is one that a connector reads whole."""

from collections.abc import Callable
from typing import Any

from app.connectors.base import MonitorAccess
from app.connectors.zabbix.connector import ZabbixConnector
from tests.unit.connectors.zabbix.fake_fleet import FleetZabbix


def test_a_fleet_has_all_hosts_and_items(serve: Callable[[Callable[[Any], None]], str]) -> None:
    fleet = FleetZabbix(hosts=600, items=3)
    connector = ZabbixConnector(MonitorAccess(f"{serve(fleet.respond)}/zabbix", "Admin", "zabbix"))
    ids = [record.external_id for page in connector.hosts() for record in page.records]
    items = {item.external_id for page in connector.items(ids) for item in page.records}
    connector.close()
    assert (len(ids), len(items)) == (600, 1800)
