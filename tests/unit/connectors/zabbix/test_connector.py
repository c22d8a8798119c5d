"""Pages of hosts and items, and writing back, against a server that speaks Zabbix's dialects."""

import threading
from collections.abc import Callable, Generator
from typing import Any, cast

import pytest

from app.connectors.base import HostEdit, ItemEdit, ItemPage, ItemRecord
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceRejected
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Row, invalid, refuse

Serve = Callable[[Callable[[Any], None]], str]
Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]


def all_items(connector: ZabbixConnector, *host_ids: str) -> list[ItemRecord]:
    return [record for page in connector.items(host_ids) for record in page.records]


def test_hosts_come_in_pages_with_their_total(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    for n in range(1, 1202):
        zabbix.add_host(str(n))
    pages = list(connector.hosts())
    assert [(len(page.records), page.total) for page in pages] == [(500, 1201), (500, 1201), (201, 1201)]
    assert [record.external_id for page in pages for record in page.records] == [*zabbix.hosts]


def test_only_the_hosts_asked_for_that_exist_come(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    zabbix.add_host("2")
    (page,) = connector.hosts(["2", "3", "not-an-id", "²"])
    assert ([record.external_id for record in page.records], page.total) == (["2"], 1)
    assert list(connector.hosts([])) == list(connector.hosts(["not-an-id"])) == []


def test_item_pages_hold_25_hosts_and_not_too_many_items_in_the_hosts_order(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    sizes = {str(n): 1 for n in range(1, 61)} | {"61": 3000, "62": 1500, "63": 1500, "64": 10}
    for host in sizes:
        zabbix.add_host(host)
    zabbix.say["host.get"] = lambda params: [{"hostid": one, "items": str(sizes[one])} for one in params["hostids"]]
    zabbix.say["item.get"] = lambda params: []
    pages = [list(page.host_external_ids) for page in connector.items([*sizes, "1"])]
    assert [len(page) for page in pages] == [25, 25, 10, 1, 1, 2]
    assert [host for page in pages for host in page] == [*sizes]


def test_a_host_that_is_gone_comes_in_a_page_without_records(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1", items=1)
    (page,) = connector.items(["2", "not-an-id", "1"])
    assert list(page.host_external_ids) == ["2", "not-an-id", "1"]
    assert [record.host_external_id for record in page.records] == ["1"]
    assert [list(page.records) for page in connector.items(["not-an-id"])] == [[]]
    assert list(connector.items([])) == []


def test_no_more_pages_are_asked_for_than_the_reader_has_room_for(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    hosts = [str(n) for n in range(1, 1001)]
    for host in hosts:
        zabbix.add_host(host)
    pages = connector.items(hosts)
    for taken in range(1, 4):
        next(pages)
        assert len(zabbix.sent("item.get")) <= 4 + taken
    assert len(list(pages)) == 37


def test_an_error_in_one_page_ends_the_items(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    hosts = [str(n) for n in range(1, 401)]
    for host in hosts:
        zabbix.add_host(host)
    zabbix.say["item.get"] = lambda params: refuse(invalid("no"))(params) if "51" in params["hostids"] else []
    pages = connector.items(hosts)
    assert [len(next(pages).host_external_ids) for _ in range(2)] == [25, 25]
    with pytest.raises(SourceRejected):
        next(pages)


def test_a_reader_that_stops_leaves_no_thread_behind_that_waits_for_a_hanging_zabbix(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    hosts = [str(n) for n in range(1, 301)]
    for host in hosts:
        zabbix.add_host(host)
    four_hang, test_is_over = threading.Barrier(5, timeout=10), threading.Event()

    waited_for: list[Row] = []

    def answer(params: Row) -> Any:
        if "1" not in params["hostids"] and not test_is_over.is_set():
            four_hang.wait()
            if not test_is_over.wait(10):
                waited_for.append(params)
        return []

    zabbix.say["item.get"] = answer
    pages = cast(Generator[ItemPage, None, None], connector.items(hosts))
    next(pages)
    four_hang.wait()
    workers = [thread for thread in threading.enumerate() if thread.name.startswith("connector")]
    assert workers
    pages.close()
    connector.close()
    for worker in workers:
        worker.join(timeout=10)
    test_is_over.set()
    assert waited_for == []
    assert not any(worker.is_alive() for worker in workers)


def test_an_item_is_updated_in_what_differs(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    zabbix.add_item("11", "1")
    same = ItemEdit(name="CPU 使用率", description="第一行\n2", enabled=True, interval="1m", units="%")
    connector.update_item("11", same)
    assert zabbix.sent("item.update") == []
    connector.update_item("11", ItemEdit(name="CPU", description="", enabled=False, interval="30s", units="%"))
    assert zabbix.sent("item.update") == [
        {"itemid": "11", "name": "CPU", "description": "", "status": "1", "delay": "30s"}
    ]


def test_what_zabbix_no_longer_has_cannot_be_updated(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    with pytest.raises(SourceRejected, match="no longer has this host"):
        connector.update_host("2", HostEdit("a", "a", "", True))
    with pytest.raises(SourceRejected, match="no longer has this item"):
        connector.update_item("not-an-id", ItemEdit("a", "", True, "1m", ""))
    assert zabbix.sent("host.update") == zabbix.sent("item.update") == []


def test_an_update_that_zabbix_refuses_is_told_in_its_words(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    zabbix.say["host.update"] = refuse(invalid('Host with the same name "b" already exists.'))
    with pytest.raises(SourceRejected, match='Host with the same name "b" already exists'):
        connector.update_host("1", HostEdit("b", "b", "", True))


def test_an_update_that_zabbix_drops_in_silence_is_rejected(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_host("1")
    zabbix.add_item("11", "1")
    zabbix.say["item.update"] = lambda params: zabbix.items["11"].update(status=params["status"])
    with pytest.raises(SourceRejected, match="did not apply the new name, units of this item"):
        connector.update_item("11", ItemEdit("CPU", "第一行\n2", enabled=False, interval="1m", units="B"))
