"""The past values of a real Zabbix's item, whose values a sender hands over with times of their own."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors.base import MonitorAccess, PastValue
from app.connectors.zabbix.connector import ZabbixConnector
from tests.real.zabbix_fill import Value, ZabbixApi, fresh_name, wait_until

pytestmark = pytest.mark.real
HOUR_S = 3600


@pytest.fixture
def connector(zabbix_api: ZabbixApi) -> Iterator[ZabbixConnector]:
    connector = ZabbixConnector(MonitorAccess(zabbix_api.url, "Admin", "zabbix"))
    yield connector
    connector.close()


def test_values_come_from_the_history_and_hours_from_the_trends(
    connector: ZabbixConnector, zabbix_api: ZabbixApi
) -> None:
    name = fresh_name("past")
    [group_id] = zabbix_api.call("hostgroup.create", {"name": f"{name} servers"})["groupids"]
    [host_id] = zabbix_api.call("host.create", {"host": name, "groups": [{"groupid": group_id}]})["hostids"]
    trapper = {"hostid": host_id, "name": "load", "key_": "load", "type": 2, "value_type": 0}
    [item_id] = zabbix_api.call("item.create", trapper)["itemids"]
    start = int(time.time()) // HOUR_S * HOUR_S - 3 * HOUR_S
    sent = {start + 60: 1.5, start + 120: 4.5, start + HOUR_S + 60: 2.0, start + 2 * HOUR_S: 8.0}
    for clock, value in sent.items():
        wait_until(lambda: zabbix_api.send([Value(name, "load", str(value))], clock) == 1, 60, "the server to know it")  # noqa: B023

    def past(*, by_hour: bool, value_type: str = "float") -> list[PastValue]:
        after, before = (datetime.fromtimestamp(at, UTC) for at in (start, start + 3 * HOUR_S))
        pages = connector.history(host_id, item_id, value_type, after, before, by_hour=by_hour)
        return [value for page in pages for value in page]

    wait_until(lambda: len(past(by_hour=False)) >= len(sent), 30, "the history")
    assert {int(value.at.timestamp()): value.last for value in past(by_hour=False)} == sent
    # A trend is written when a value of the next hour arrives.
    wait_until(lambda: len(past(by_hour=True)) >= 2, 30, "the trends")
    first, second, *_ = past(by_hour=True)
    assert first == PastValue(datetime.fromtimestamp(start, UTC), 2, 1.5, 4.5, 3.0, 3.0)
    assert (second.at - first.at, second.count, second.mean) == (timedelta(hours=1), 1, 2.0)
    assert past(by_hour=False, value_type="unsigned") == []
    zabbix_api.call("host.delete", [host_id])
