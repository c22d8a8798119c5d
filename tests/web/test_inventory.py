"""Hosts and items over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import clock
from app.composition import Services
from app.store.inventory import hosts, item_values
from tests.web.caller import Caller


def pages(caller: Caller, path: str) -> list[Any]:
    """Return all rows of a list, read two at a time."""
    found, cursor = [], ""
    while True:
        page = caller.get(f"{path}?limit=2{cursor}").json
        assert len(page["items"]) <= 2
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize(("path", "count"), [("/hosts", 3), ("/items", 6)])
def test_a_list_is_read_page_by_page(viewer: Caller, fleet: int, path: str, count: int) -> None:
    rows = pages(viewer, path)
    assert len(rows) == count
    assert len({row["id"] for row in rows}) == count
    assert rows == viewer.get(path).json["items"]


def test_a_host_has_all_its_fields(viewer: Caller, fleet: int) -> None:
    host = viewer.get("/hosts?limit=1").json["items"][0]
    assert viewer.get(f"/hosts/{host['id']}").json == host
    assert (host["monitor_id"], host["status"], host["item_count"]) == (fleet, 1, 2)
    assert isinstance(host["groups"], list)
    assert host["created_at"].endswith("Z")


def test_filters_narrow_a_list(viewer: Caller, fleet: int) -> None:
    host = viewer.get("/hosts?limit=1").json["items"][0]
    assert [found["id"] for found in viewer.get(f"/hosts?q={host['name']}").json["items"]] == [host["id"]]
    assert viewer.get(f"/hosts?monitor_id={fleet + 1}").json["items"] == []
    assert len(viewer.get("/hosts?status=1").json["items"]) == 3
    items = viewer.get(f"/items?host_id={host['id']}").json["items"]
    assert {item["host_id"] for item in items} == {host["id"]}
    assert len(items) == 2


def test_an_edit_stays_when_the_source_did_not_change(operator: Caller, fleet: int) -> None:
    host = operator.get("/hosts?limit=1").json["items"][0]
    edited = operator.patch(f"/hosts/{host['id']}", {"display_name": "网关", "enabled": False})
    assert edited.status == 200
    assert (edited.json["display_name"], edited.json["enabled"], edited.json["status"]) == ("网关", False, 0)
    assert operator.post(f"/monitors/{fleet}/hosts/pull").json["unchanged"] == 3
    assert operator.get(f"/hosts/{host['id']}").json["display_name"] == "网关"


def test_an_item_can_be_edited(operator: Caller, fleet: int) -> None:
    item = operator.get("/items?limit=1").json["items"][0]
    edited = operator.patch(f"/items/{item['id']}", {"name": "Load", "interval": "5m", "units": "%"})
    assert (edited.json["name"], edited.json["interval"], edited.json["units"]) == ("Load", "5m", "%")
    assert operator.patch(f"/items/{item['id']}", {}).json == edited.json


def test_the_trail_tells_who_edited_what(operator: Caller, fleet: int) -> None:
    host, item = operator.get("/hosts?limit=1").json["items"][0], operator.get("/items?limit=1").json["items"][0]
    operator.patch(f"/hosts/{host['id']}", {"display_name": "网关"})
    operator.patch(f"/items/{item['id']}", {"interval": "5m"})
    newest, oldest = operator.get("/audit").json["items"]
    assert (newest["object_type"], newest["after"]) == ("item", {"interval": "5m"})
    me = operator.get("/auth/me").json
    assert (oldest["user_id"], oldest["username"]) == (me["id"], me["username"])
    assert (oldest["before"], oldest["after"]) == ({"display_name": host["display_name"]}, {"display_name": "网关"})
    assert operator.get(f"/audit?object_type=host&object_id={host['id']}").json["items"] == [oldest]
    assert operator.get(f"/audit?user_id={me['id'] + 1}").json["items"] == []


def test_hosts_and_items_are_made_where_the_monitor_can_be_written(admin: Caller, operator: Caller, fleet: int) -> None:
    zabbix = {"name": "zbx", "type": "zabbix", "url": "http://127.0.0.1:9", "username": "a", "password": "b"}
    monitor_id = admin.post("/monitors", zabbix).json["id"]
    made = operator.post(f"/monitors/{monitor_id}/hosts", {"name": "db-9", "groups": ["数据库", "数据库"]})
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/hosts/{made.json['id']}")
    assert (made.json["display_name"], made.json["groups"], made.json["status"]) == ("db-9", ["数据库"], 1)
    assert made.json["external_id"].startswith("nagare-local:")
    assert operator.post(f"/monitors/{monitor_id}/hosts", {"name": "db-9"}).status == 409

    items = f"/hosts/{made.json['id']}/items"
    item = operator.post(items, {"name": "Load", "key": "system.cpu.load", "units": "%"})
    assert (item.status, item.headers["Location"]) == (201, f"/api/v1/items/{item.json['id']}")
    assert (item.json["interval"], item.json["value_type"], item.json["value"]) == ("1m", "float", None)
    assert operator.post(items, {"name": "Load", "key": "system.cpu.load"}).status == 409
    assert operator.post(items, {"name": "Load", "key": "x", "value_type": "picture"}).status == 422

    newest, oldest = operator.get("/audit").json["items"]
    assert (newest["object_type"], newest["before"], newest["after"]["key"]) == ("item", {}, "system.cpu.load")
    assert (oldest["object_type"], oldest["before"], oldest["after"]["name"]) == ("host", {}, "db-9")
    assert operator.post(f"/monitors/{fleet}/hosts", {"name": "x"}).status == 409
    assert operator.post("/monitors/999/hosts", {"name": "x"}).status == 404


def test_what_the_source_says_cannot_be_edited(operator: Caller, fleet: int) -> None:
    host = operator.get("/hosts?limit=1").json["items"][0]
    assert operator.patch(f"/hosts/{host['id']}", {"ip_addr": "10.0.0.1"}).status == 422


@pytest.mark.parametrize("path", ["/hosts/1", "/items/1", "/monitors/1"])
def test_what_is_not_there_is_not_found(admin: Caller, path: str) -> None:
    assert admin.get(path).status == 404
    assert admin.patch(path, {}).status == 404


def test_the_history_of_an_item_is_read_page_by_page(viewer: Caller, services: Services, fleet: int) -> None:
    item = viewer.get("/items?limit=1").json["items"][0]
    path = f"/items/{item['id']}/values"
    at = datetime.now(UTC).replace(microsecond=0)
    rows = [(item["id"], at - timedelta(minutes=n), n / 2) for n in range(1, 6)]
    with services.database.transaction() as connection:
        connection.execute(text("DELETE FROM item_values"))
        item_values.add(connection, rows)
    assert [point["value"] for point in pages(viewer, path)] == [2.5, 2.0, 1.5, 1.0, 0.5]
    first = viewer.get(f"{path}?limit=1").json
    assert first["items"] == [{"at": f"{at - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}", "value": 2.5}]
    between = (
        f"after={at - timedelta(minutes=4):%Y-%m-%dT%H:%M:%SZ}&before={at - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert [point["value"] for point in viewer.get(f"{path}?{between}").json["items"]] == [1.5, 1.0]
    assert viewer.get("/items/999999/values").status == 404
    assert list(viewer.get(f"{path}?after=yesterday").json["errors"]) == ["after"]


def test_a_host_that_is_gone_can_be_deleted(operator: Caller, viewer: Caller, services: Services, fleet: int) -> None:
    first, second, _ = operator.get("/hosts").json["items"]
    refused = operator.delete(f"/hosts/{first['id']}")
    assert (refused.status, "remove it there and pull" in refused.json["detail"]) == (409, True)
    with services.database.transaction() as connection:
        hosts.mark_gone(connection, [first["id"], second["id"]], clock.now())
    gone = viewer.get(f"/hosts/{first['id']}").json
    assert (gone["status"], gone["vanished_at"] is not None, gone["archived_at"]) == (0, True, None)
    assert viewer.delete(f"/hosts/{first['id']}").status == 403
    assert operator.delete(f"/hosts/{first['id']}").status == 204
    assert operator.delete(f"/hosts/{first['id']}").status == 404
    [entry] = operator.get(f"/audit?object_type=host&object_id={first['id']}").json["items"]
    assert (entry["before"]["name"], entry["after"]) == (first["name"], {})


def test_archived_hosts_are_in_a_list_of_their_own(viewer: Caller, services: Services, fleet: int) -> None:
    first, *others = viewer.get("/hosts").json["items"]
    with services.database.transaction() as connection:
        hosts.mark_gone(connection, [first["id"]], clock.now() - timedelta(days=8))
    services.inventory.gone_hosts.tick()
    for query in ("", "?archived=false"):
        assert [host["id"] for host in viewer.get(f"/hosts{query}").json["items"]] == [host["id"] for host in others]
    [archived] = viewer.get(f"/hosts?archived=true&q={first['name']}").json["items"]
    assert (archived["id"], archived["archived_at"] is not None) == (first["id"], True)
    assert viewer.get("/hosts?archived=yes").status == 422
    assert first["id"] not in {item["host_id"] for item in viewer.get("/items").json["items"]}


def test_past_values_are_read_by_a_task(operator: Caller, viewer: Caller, services: Services, fleet: int) -> None:
    path = f"/monitors/{fleet}/hosts/1/items/1/backfill-async"
    answer = operator.post(f"{path}?hours=48")
    assert (answer.status, answer.json["item_id"]) == (202, 1)
    task = viewer.get(f"/tasks/{answer.json['task_id']}").json
    assert (task["type"], task["params"]["hours"]) == ("backfill_values", 48)
    assert viewer.post(path).status == 403
    assert [operator.post(f"{path}?hours={hours}").status for hours in ("0", "x", "999999")] == [422] * 3
    assert operator.post(f"/monitors/{fleet}/hosts/1/items/999/backfill-async").status == 404


def test_summaries_are_listed_hour_by_hour(viewer: Caller, services: Services, fleet: int) -> None:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    with services.database.transaction() as connection:
        item_values.add(connection, [(1, start + timedelta(minutes=30 * n + 1), float(n)) for n in range(4)])
    rows = [row for row in viewer.get("/items/1/summaries").json["items"] if row["at"] <= f"{start:%Y-%m-%dT%H}:59"]
    assert [(row["count"], row["lowest"], row["highest"], row["mean"], row["last"]) for row in rows] == [
        (2, 0.0, 1.0, 0.5, 1.0)
    ]
    after = viewer.get(f"/items/1/summaries?after={start:%Y-%m-%dT%H:%M:%SZ}&limit=1").json
    assert after["items"][0]["lowest"] == 2.0
    assert viewer.get("/items/999/summaries").status == 404
