"""Machines over HTTP: one that a simulator and a webhook source see, and its page."""

from collections.abc import Callable
from html import escape
from typing import Any

import pytest

from app.composition import Services
from tests.web.browser import Browser
from tests.web.caller import Caller


def seen_by(host: dict[str, Any]) -> str:
    return f"{host['display_name']} ({host['monitor_name']})"


@pytest.fixture
def pair(services: Services, fleet: int, admin: Caller) -> list[int]:
    """Return the first host of the simulator, and the same one as another simulator sees it."""
    url = "simulator://demo?hosts=22&items=2&seed=1"
    other = admin.post("/monitors", {"name": "second", "type": "simulator", "url": url}).json["id"]
    for monitor_id in (fleet, other):
        services.inventory.pulls.items(monitor_id)
    found = [admin.get(f"/hosts?monitor_id={monitor_id}").json["items"][0] for monitor_id in (fleet, other)]
    assert found[0]["name"] == found[1]["name"]
    return [host["id"] for host in found]


def test_a_suggestion_becomes_a_machine_with_all_its_items_and_alerts(
    pair: list[int], admin: Caller, operator: Caller, viewer: Caller
) -> None:
    [suggestion] = viewer.get(f"/machines/suggestions?host_id={pair[0]}").json["items"]
    assert suggestion["host_ids"] == pair
    assert viewer.post("/machines/suggestions/confirm", {"host_ids": pair}).status == 403
    machine = operator.post("/machines/suggestions/confirm", {"host_ids": pair}).json
    assert viewer.get(f"/hosts/{pair[1]}").json["machine_id"] == machine["id"]
    items = viewer.get(f"/items?machine_id={machine['id']}&limit=500").json["items"]
    assert {item["host_id"] for item in items} == {*pair}
    assert viewer.get(f"/alerts/score?machine_id={machine['id']}").json["hosts"] == 1
    assert operator.post(f"/machines/{machine['id']}/split", {"host_ids": [pair[0]]}).json == {"items": []}
    assert operator.post("/machines/suggestions/confirm", {"host_ids": pair}).status == 409
    assert operator.post("/machines", {"host_ids": [pair[0], pair[0]]}).status == 422
    assert operator.put("/machines/rules", {"faults": []}).status == 403
    assert admin.put("/machines/rules", {"faults": []}).json["faults"] == []
    assert admin.put("/machines/rules", {"faults": None}).json["are_faults_default"]


def test_two_monitors_post_one_fault_and_it_counts_once(
    services: Services, pair: list[int], admin: Caller, operator: Caller, nobody: Caller
) -> None:
    machine = operator.post("/machines", {"host_ids": pair, "name": "web"}).json
    for host_id, message in zip(pair, ("Zabbix agent is not available", "Host unreachable"), strict=True):
        host = admin.get(f"/hosts/{host_id}").json
        token = admin.post(f"/monitors/{host['monitor_id']}/webhook-token").json["token"]
        body = {"id": "1", "message": message, "host": host["name"], "severity": "critical"}
        headers = {"Authorization": f"Bearer {token}"}
        assert nobody.call("POST", "/alerts/webhook", headers, json=body).status == 202
        services.alerts.webhook_intake.take_in("receive_alerts:0", host["monitor_id"])
    alerts = admin.get(f"/alerts?machine_id={machine['id']}").json["items"]
    assert sorted(alert["suppressed"] for alert in alerts) == [False, True]
    witness = next(alert for alert in alerts if alert["suppressed"])
    first = admin.get(f"/alerts/{witness['witness_of']}").json
    assert [each["alert_id"] for each in first["witnesses"]] == [witness["id"]]
    assert admin.get(f"/alerts/score?machine_id={machine['id']}").json["alerts"]["critical"]["active"] == 1
    operator.post(f"/alerts/{first['id']}/resolve")
    assert admin.get(f"/alerts/{witness['id']}").json["suppressed"] is False


def test_a_person_confirms_looks_and_splits_in_the_dashboard(
    pair: list[int], browse: Callable[[str], Browser], admin: Caller
) -> None:
    browser = browse("operator")
    page = browser.get("/machines").text
    path = f"/machines/suggestions/{pair[0]}/{pair[1]}"
    assert f"{path}/confirm" in page and f"{path}/decline" in page
    browser.post(f"{path}/confirm", {})
    [machine] = admin.get("/machines").json["items"]
    shown = browser.get(f"/machines/{machine['id']}").text
    assert all(f'<a href="/hosts/{host["id"]}">{escape(seen_by(host))}</a>' in shown for host in machine["hosts"])
    assert f"/machines/{machine['id']}" in browser.get(f"/hosts/{pair[0]}").text
    browser.post(f"/machines/{machine['id']}", {"name": "新名字"})
    assert admin.get(f"/machines/{machine['id']}").json["name"] == "新名字"
    browser.post(f"/machines/{machine['id']}/split/{pair[0]}", {})
    assert admin.get(f"/machines/{machine['id']}").status == 404
    assert f"{path}/confirm" not in browser.get("/machines").text
