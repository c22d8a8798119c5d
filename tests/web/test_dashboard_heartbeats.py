"""The dashboard's page of heartbeats."""

import re
from collections.abc import Callable

from app.composition import Services
from app.store.database.pages import PageRequest
from tests.web.browser import Browser
from tests.web.caller import Caller

FORM = {
    "name": "夜间备份",
    "every": "",
    "every_unit": "d",
    "cron": "30 2 * * *",
    "timezone": "Asia/Shanghai",
    "grace": "2",
    "grace_unit": "h",
    "severity": "1",
    "host": "db-01",
    "monitor_id": "",
}
ADDRESS = re.compile(r"http://localhost(/api/v1/heartbeats/hb_[0-9a-f]{40})")


def test_a_heartbeat_is_added_pinged_paused_and_deleted(
    browse: Callable[[str], Browser], nobody: Caller, services: Services
) -> None:
    admin = browse("admin")
    page = admin.post("/heartbeats", FORM)
    assert (page.status, "not shown again" in page.text) == (200, True)
    [address] = set(ADDRESS.findall(page.text))
    [made] = services.liveness.heartbeats.list(PageRequest()).items
    fields = {name: made[name] for name in ("interval_s", "cron", "timezone", "grace_s", "severity", "labels")}
    assert fields == {
        "interval_s": None,
        "cron": "30 2 * * *",
        "timezone": "Asia/Shanghai",
        "grace_s": 7200,
        "severity": 1,
        "labels": {"host": "db-01"},
    }
    path = f"/heartbeats/{made['id']}"
    assert not ADDRESS.search(admin.get(path).text)
    nobody.call_root("POST", f"{address}/1", data="line 1\nno space left")
    shown = browse("viewer").get(path).text
    assert "reported a failure" in shown and "no space left" in shown
    assert "夜间备份" in admin.get("/heartbeats?status=down").text
    assert "No heartbeats" in admin.get("/heartbeats?status=up").text
    admin.client.set_cookie("nagare_language", "zh")
    assert "心跳 夜间备份 报告失败" in admin.get("/alerts").text
    alert = admin.get("/alerts/1").text
    assert "作业报告自己失败了。" in alert and "退出码 1" in alert and "no space left" in alert
    admin.client.set_cookie("nagare_language", "en")
    new = admin.post(f"{path}/token")
    [other] = set(ADDRESS.findall(new.text))
    assert nobody.call_root("GET", address).status == 404
    assert nobody.call_root("GET", other).status == 200
    assert "Saved: 夜间备份" in admin.follow(admin.post(path, {"enabled": "false"})).text
    assert services.liveness.heartbeats.get(made["id"])["status"] == "paused"
    assert "Deleted: 夜间备份" in admin.follow(admin.post(f"{path}/delete")).text


def test_what_is_wrong_in_the_form_is_told(browse: Callable[[str], Browser]) -> None:
    admin = browse("admin")
    for changes, told in (
        ({"every": "1"}, "Give either an interval or a cron expression."),
        ({"cron": ""}, "Give either an interval or a cron expression."),
        ({"cron": "often"}, "Must be five fields"),
        ({"grace": "0"}, "Must be from 1 to 10000."),
    ):
        answer = admin.post("/heartbeats", FORM | changes)
        assert (answer.status, told in answer.text) == (422, True), answer.text
