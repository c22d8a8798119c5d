"""Heartbeats over HTTP: what an administrator sets up, and what jobs call."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.composition import Services
from app.errors import DatabaseUnavailable
from tests.web.caller import Caller

BACKUP = {"name": "夜间备份", "interval_s": 86_400}
UNKNOWN = f"/heartbeats/hb_{40 * '0'}"


@pytest.fixture
def made(admin: Caller) -> Any:
    return admin.post("/heartbeats", BACKUP | {"labels": {"host": "db-01"}}).json


def pings(caller: Caller, heartbeat: Any) -> list[tuple[str, int | None, str]]:
    items = caller.get(f"/heartbeats/{heartbeat['id']}/pings").json["items"]
    return [(each["kind"], each["exit_code"], each["body"]) for each in items]


def alerts(caller: Caller) -> list[tuple[str, int]]:
    return [(each["message"], each["status"]) for each in caller.get("/alerts?source=nagare").json["items"]]


def test_a_heartbeat_from_its_making_to_its_end(admin: Caller, viewer: Caller, nobody: Caller) -> None:
    made = admin.post("/heartbeats", BACKUP)
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/heartbeats/{made.json['id']}")
    token, path = made.json["token"], f"/heartbeats/{made.json['id']}"
    assert re.fullmatch("hb_[0-9a-f]{40}", token)
    assert made.json["url"] == f"http://localhost/api/v1/heartbeats/{token}"
    shown = {name: value for name, value in made.json.items() if name not in ("token", "url")}
    assert viewer.get(path).json == shown
    assert viewer.get("/heartbeats").json == {"items": [shown], "next_cursor": None}
    assert shown | BACKUP | {"grace_s": 300, "severity": 2, "labels": {}, "status": "new", "due_at": None} == shown
    assert viewer.get(f"/monitors/{shown['monitor_id']}").json["name"] == "heartbeats"
    assert nobody.post(f"/heartbeats/{token}").json == {"message": "OK", "status": "up"}
    assert viewer.get(path).json["due_at"] > shown["created_at"]
    changed = admin.patch(path, {"cron": "30 2 * * *", "timezone": "Asia/Shanghai", "grace_s": 3600})
    assert (changed.json["interval_s"], changed.json["cron"], changed.json["due_at"][-10:]) == (
        None,
        "30 2 * * *",
        "T18:30:00Z",
    )
    assert admin.patch(path, {"enabled": False}).json["status"] == "paused"
    assert admin.patch(path, {"enabled": True}).json["status"] == "up"
    new = admin.post(f"{path}/token").json
    assert nobody.post(f"/heartbeats/{token}").status == 404
    assert nobody.post(new["url"].removeprefix("http://localhost/api/v1")).status == 200
    assert admin.delete(path).status == 204
    assert viewer.get(path).status == viewer.get(f"{path}/pings").status == 404
    assert nobody.post(f"/heartbeats/{new['token']}").status == 404


def test_filters_find_a_status_and_a_part_of_the_name(admin: Caller, nobody: Caller, made: Any) -> None:
    other = admin.post("/heartbeats", {"name": "Certificates 50%", "cron": "0 * * * *"}).json
    nobody.get(f"/heartbeats/{other['token']}")

    def found(query: str) -> list[int]:
        return [each["id"] for each in admin.get(f"/heartbeats?{query}").json["items"]]

    assert found("status=up") == found("q=CERT") == found("q=50%25") == [other["id"]]
    assert found("q=备份") == found("status=new") == [made["id"]]
    assert admin.get("/heartbeats?status=dead").status == 422


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"interval_s": None}, 422, "interval_s"),
        ({"cron": "0 * * * *"}, 422, "interval_s"),
        ({"interval_s": 9}, 422, "interval_s"),
        ({"interval_s": None, "cron": "every day"}, 422, "cron"),
        ({"interval_s": None, "cron": "0 0 30 2 *"}, 422, "cron"),
        ({"timezone": "Mars"}, 422, "timezone"),
        ({"grace_s": 0}, 422, "grace_s"),
        ({"severity": 3}, 422, "severity"),
        ({"labels": {"host": 1}}, 422, "labels.host.value"),
        ({"monitor_id": 999_999}, 404, None),
        ({"token": "hb_mine"}, 422, "token"),
    ],
)
def test_what_is_no_heartbeat_is_refused(
    admin: Caller, made: Any, changes: dict[str, object], status: int, field: str | None
) -> None:
    answer = admin.post("/heartbeats", {**BACKUP, "name": "other", **changes})
    assert (answer.status, next(iter(answer.json.get("errors", {})), None)) == (status, field)
    answer = admin.patch(f"/heartbeats/{made['id']}", changes)
    assert answer.status == status or changes == {"cron": "0 * * * *"}, "an interval gives way to a cron expression"
    assert admin.post("/heartbeats", BACKUP).status == 409


def test_every_way_in_which_a_job_can_call(app: Flask, nobody: Caller, admin: Caller, made: Any) -> None:
    path, client = f"/heartbeats/{made['token']}", app.test_client()
    for method in ("GET", "HEAD", "POST"):
        for suffix in ("", "/start"):
            answer = client.open(f"/api/v1{path}{suffix}", method=method)
            assert (answer.status_code, bool(answer.data)) == (200, method != "HEAD")
    for method in ("PUT", "PATCH", "DELETE"):
        assert nobody.call(method, path).status == 405
    assert nobody.post(f"{path}/0", data="all well").json["status"] == "up"
    assert nobody.post(f"{path}/3", data=b"\xff").json["status"] == "down"
    assert nobody.call("POST", f"{path}/fail", data={"a": "1"}).json["status"] == "down"
    assert nobody.call("POST", path, data='{"rows": 7}', content_type="application/json").json["status"] == "up"
    gzip = {"Content-Encoding": "gzip"}
    assert nobody.call("POST", path, gzip, data=b"\x1f\x8b").status == 200
    for wrong in ("256", "-1", "00", "stop", "start/1"):
        assert nobody.post(f"{path}/{wrong}").status == 404
    assert pings(admin, made)[:5] == [
        ("success", None, "(a compressed log is not kept)"),
        ("success", None, '{"rows": 7}'),
        ("fail", None, "a=1"),
        ("fail", 3, "\ufffd"),
        ("success", 0, "all well"),
    ]
    assert [kind for kind, *_ in pings(admin, made)[5:]] == ["start", "success"] * 3


def test_a_failure_is_an_alert_until_the_next_success(nobody: Caller, viewer: Caller, made: Any) -> None:
    path = f"/heartbeats/{made['token']}"
    nobody.post(f"{path}/1", data="no space left on device")
    assert alerts(viewer) == [("Heartbeat 夜间备份 reported a failure", 0)]
    nobody.post(f"{path}/fail")
    nobody.post(path)
    assert alerts(viewer) == [("Heartbeat 夜间备份 reported a failure", 2)]


def test_of_a_log_of_any_length_the_end_is_kept(nobody: Caller, admin: Caller, made: Any) -> None:
    path = f"/heartbeats/{made['token']}"
    for size in (20_000, 2 * 2**20, 17 * 2**20):
        assert nobody.post(path, data="a" * size + "the end").status == 200
    too_long, *others = (body for _, _, body in pings(admin, made))
    assert too_long == "(a log of more than 16 MiB is not kept)"
    assert {(body[0], body[-7:], len(body)) for body in others} == {("…", "the end", 10_001)}


def test_an_unknown_token_is_like_an_unknown_address(nobody: Caller) -> None:
    unknown, nowhere = nobody.post(UNKNOWN), nobody.post("/heartbeats/hb_1")
    assert (unknown.status, unknown.json) == (404, nowhere.json)
    assert nobody.post(f"{UNKNOWN}/start").status == 404


def test_a_leaked_token_cannot_keep_the_database_busy(nobody: Caller, admin: Caller, made: Any) -> None:
    statuses = [nobody.get(f"/heartbeats/{made['token']}").status for _ in range(70)]
    assert (statuses[:60], statuses[-1]) == ([200] * 60, 429)
    refused = nobody.get(f"/heartbeats/{made['token']}")
    assert int(refused.headers["Retry-After"]) <= 2
    assert len(pings(admin, made)) < 65
    other = admin.post("/heartbeats", BACKUP | {"name": "other"}).json
    assert nobody.get(f"/heartbeats/{other['token']}").status == 200


def test_a_ping_that_is_not_recorded_is_not_answered_with_200(
    nobody: Caller, services: Services, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Iterator[Any]:
        raise DatabaseUnavailable("the database is unavailable")

    monkeypatch.setattr(services.database, "transaction", away)
    assert nobody.post(f"/heartbeats/{made['token']}").status == 503


def test_a_token_is_in_no_log_and_no_metric(
    nobody: Caller, admin: Caller, made: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        for suffix in ("", "/start", "/fail", "/stop"):
            nobody.post(f"/heartbeats/{made['token']}{suffix}")
        figures = nobody.call_root("GET", "/metrics").text
    told = (
        figures + caplog.text + "".join(capsys.readouterr()) + admin.get("/heartbeats").text + admin.get("/alerts").text
    )
    assert made["token"] not in told
    assert 'route="/api/v1/heartbeats/hb_<secret:secret>/<signal:signal>"' in figures
