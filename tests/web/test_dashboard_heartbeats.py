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
    assert "No matches" in admin.get("/heartbeats?status=up").text
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
        ({"grace": "0"}, "Must be from 1 to 1000000."),
    ):
        answer = admin.post("/heartbeats", FORM | changes)
        assert (answer.status, told in answer.text) == (422, True), answer.text


def test_a_heartbeat_is_edited_and_keeps_what_the_form_does_not_show(
    browse: Callable[[str], Browser], admin: Caller, services: Services
) -> None:
    labels = {"host": "db-01", "team": "dba"}
    made = admin.post("/heartbeats", {"name": "b", "interval_s": 90, "grace_s": 7200, "labels": labels}).json
    path, page = f"/heartbeats/{made['id']}", browse("admin")
    shown = page.get(path).text
    assert 'name="every" type="number" value="90"' in shown and 'name="grace" type="number" value="2"' in shown
    form = {**FORM, "name": "renamed", "monitor_id": str(made["monitor_id"]), "host": "db-02"}
    assert "Saved: renamed" in page.follow(page.post(f"{path}/settings", form)).text
    found = services.liveness.heartbeats.get(made["id"])
    assert (found["interval_s"], found["cron"], found["grace_s"]) == (None, "30 2 * * *", 7200)
    assert (found["labels"], found["monitor_id"]) == ({"host": "db-02", "team": "dba"}, made["monitor_id"])
    page.post(f"{path}/settings", {**form, "cron": "", "every": "3", "every_unit": "h", "host": ""})
    found = services.liveness.heartbeats.get(made["id"])
    assert (found["interval_s"], found["cron"], found["labels"]) == (10_800, None, {"team": "dba"})
    assert browse("operator").post(f"{path}/settings", form, page="/").status == 403


def test_the_form_says_when_pings_are_expected(browse: Callable[[str], Browser], admin: Caller) -> None:
    page = browse("viewer")
    page.client.set_cookie("nagare_zone", "Asia/Shanghai")
    told = page.post("/heartbeats/preview", FORM | {"name": ""}, page="/").text
    assert told.count("<li>") == 5 and ", 02:30" in told and "alert from" in told and ", 04:30" in told
    assert "five fields" in page.post("/heartbeats/preview", FORM | {"cron": "often"}, page="/").text
    assert "interval or a cron" in page.post("/heartbeats/preview", FORM | {"cron": ""}, page="/").text
    expected = admin.post("/heartbeats/preview", {"interval_s": 3600, "grace_s": 60}).json["items"]
    assert len(expected) == 5 and [*expected[0]] == ["expected_at", "late_at"]
    assert [*admin.post("/heartbeats/preview", {"timezone": "UTC"}).json["errors"]] == ["interval_s"]


def test_a_time_that_is_too_short_is_told_at_its_field(browse: Callable[[str], Browser]) -> None:
    form = FORM | {"cron": "", "every": "1", "every_unit": "s"}
    told = browse("admin").post("/heartbeats", form, headers={"HX-Request": "true"})
    assert (told.status, '<li data-field="every">' in told.text) == (422, True)
