"""Every error has one shape, names what is to blame and shows nothing internal."""

import gzip
import logging
import re
from typing import Any

import pytest
from flask import Flask

from app.composition import Services
from app.errors import BrokerUnavailable, DatabaseUnavailable, NagareError, SourceTimeout, TaskFailed
from tests.web.caller import PASSWORD, Caller

MEDIA_TYPE = "application/problem+json"


def raising(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def send_text(caller: Caller, path: str, text: bytes | str, content_type: str = "application/json") -> Any:
    return caller.call("POST", path, data=text, content_type=content_type)


def test_an_unknown_address_is_not_found(nobody: Caller) -> None:
    answer = nobody.get("/nothing")
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no resource at this URL.",
        "code": "not_found",
    }


@pytest.mark.parametrize("path", ["/monitors/", "//monitors", "/Monitors"])
def test_addresses_are_exact(nobody: Caller, path: str) -> None:
    assert nobody.get(path).status == 404


def test_a_wrong_method_tells_the_right_ones(admin: Caller) -> None:
    answer = admin.call("PUT", "/monitors")
    assert (answer.status, answer.headers["Content-Type"]) == (405, MEDIA_TYPE)
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("id", ["0", "-1", "01", "1.0", "9223372036854775808", "9" * 400, "x", "%00", "٣", "1%0a"])
def test_what_cannot_be_an_id_is_not_found(viewer: Caller, id: str) -> None:
    assert viewer.get(f"/hosts/{id}").status == 404


@pytest.mark.parametrize("id", ["x", "pull_hosts:", "pull_hosts:%00", "a:b:c", "pull_hosts:" + "0" * 100, "..:x"])
def test_what_cannot_be_a_task_id_is_not_found(viewer: Caller, id: str) -> None:
    assert viewer.get(f"/tasks/{id}").status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=", "limit"),
        ("limit=1_0", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%201", "limit"),
        ("limit=٣", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=1&limit=2", "limit"),
        ("monitor_id=0", "monitor_id"),
        ("monitor_id=9223372036854775808", "monitor_id"),
        ("status=3", "status"),
        ("status=active", "status"),
        ("q=a%00b", "q"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_query_is_named(viewer: Caller, query: str, field: str) -> None:
    answer = viewer.get(f"/hosts?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid")
    assert list(answer.json["errors"]) == [field]
    assert field in answer.json["detail"]


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-31", "2026-01-31T12:00:00", "0001-01-01T00:00:00%2B12:00"])
def test_a_time_needs_date_time_and_zone(viewer: Caller, moment: str) -> None:
    answer = viewer.get(f"/tasks?created_after={moment}")
    assert (answer.status, list(answer.json["errors"])) == (422, ["created_after"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/queue/stats"),
        ("GET", "/workers"),
        ("GET", "/auth/me"),
        ("GET", "/alerts/score"),
        ("POST", "/auth/logout"),
        ("POST", "/monitors/1/hosts/pull-async"),
    ],
)
def test_an_unknown_parameter_is_refused_also_where_there_are_none(admin: Caller, method: str, path: str) -> None:
    answer = admin.call(method, f"{path}?verbose=1")
    assert (answer.status, answer.json["errors"]) == (422, {"verbose": ["Unknown field."]})


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "type"]),
        ({"name": "", "type": "simulator", "url": "x"}, ["name"]),
        ({"name": "x" * 201, "type": "simulator", "url": "x"}, ["name"]),
        ({"name": 1, "type": "simulator", "url": "x"}, ["name"]),
        ({"name": None, "type": "simulator", "url": "x"}, ["name"]),
        ({"name": "a\0", "type": "simulator", "url": "x"}, ["name"]),
        ({"name": "\ud800", "type": "simulator", "url": "x"}, ["name"]),
        ({"name": "x", "type": "simulator", "url": "x", "enabled": 1}, ["enabled"]),
        ({"name": "x", "type": "simulator", "url": "x", "enabled": "true"}, ["enabled"]),
        ({"name": "x", "type": "simulator", "url": "x", "id": 1}, ["id"]),
        ([], ["body"]),
        ("text", ["body"]),
    ],
)
def test_a_wrong_body_is_named(admin: Caller, body: Any, fields: list[str]) -> None:
    answer = admin.post("/monitors", body)
    assert (answer.status, sorted(answer.json["errors"])) == (422, fields)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "nul",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"username": "a", "username": "b"}',
        '{"a": ' + "9" * 5000 + "}",
        '{"\\ud800": 1}',
        "[" * 100_000,
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_a_bad_request(nobody: Caller, text: bytes | str) -> None:
    answer = send_text(nobody, "/auth/login", text)
    assert (answer.status, answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(nobody: Caller, content_type: str) -> None:
    answer = send_text(nobody, "/auth/login", '{"username": "a", "password": "b"}', content_type)
    assert (answer.status, answer.headers["Content-Type"]) == (415, MEDIA_TYPE)


def test_nothing_is_unpacked(nobody: Caller) -> None:
    packed = gzip.compress(b'{"username": "a", "password": "b"}')
    headers = {"Content-Encoding": "gzip"}
    answer = nobody.call("POST", "/auth/login", headers, data=packed, content_type="application/json")
    assert (answer.status, answer.json["detail"]) == (415, "The body must not be compressed.")


def test_a_body_has_an_end(nobody: Caller) -> None:
    answer = send_text(nobody, "/auth/login", " " * (1024 * 1024 + 1))
    assert (answer.status, answer.json["code"]) == (413, "too_large")
    assert send_text(nobody, "/auth/login", " " * (1024 * 1024)).status == 400


def test_a_body_where_none_is_taken_must_be_empty(operator: Caller, fleet: int) -> None:
    path = f"/monitors/{fleet}/hosts/pull-async"
    assert operator.post(path, {}).status == 202
    answer = operator.post(path, {"force": True})
    assert (answer.status, list(answer.json["errors"])) == (422, ["force"])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (BrokerUnavailable("Redis is unavailable"), 503, "broker_unavailable"),
        (DatabaseUnavailable("the database is locked"), 503, "database_unavailable"),
        (SourceTimeout("no answer in 10 s"), 504, "source_timeout"),
        (TaskFailed("enter the password again"), 409, "failed"),
    ],
)
def test_errors_of_the_services_keep_their_words(
    viewer: Caller, services: Services, monkeypatch: pytest.MonkeyPatch, error: NagareError, status: int, code: str
) -> None:
    monkeypatch.setattr(type(services.ledger.queues), "stats", raising(error))
    answer = viewer.get("/queue/stats")
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (status, code, str(error))
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)


def test_an_unexpected_error_is_logged_and_not_shown(
    viewer: Caller, services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(services.ledger.queues), "stats", raising(RuntimeError("the innermost secret")))
    with caplog.at_level(logging.ERROR):
        answer = viewer.get("/queue/stats")
    assert (answer.status, answer.headers["Content-Type"], answer.json["code"]) == (500, MEDIA_TYPE, "internal")
    assert "secret" not in answer.text
    assert "the innermost secret" in caplog.text
    assert "Traceback" in caplog.text


def test_every_answer_is_protected(viewer: Caller) -> None:
    for answer in (viewer.get("/hosts"), viewer.get("/nothing"), viewer.get("/hosts?limit=0")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'; frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers


def test_pages_are_protected_too(nobody: Caller) -> None:
    for path in ("/sign-in", "/docs", "/no-such-page", "/healthz", "/"):
        assert nobody.call_root("GET", path).headers["Cross-Origin-Opener-Policy"] == "same-origin", path
    assert nobody.call_root("GET", "/sign-in").headers["Referrer-Policy"] == "same-origin"


def test_over_https_a_browser_comes_back_by_it_alone(nobody: Caller, app: Flask) -> None:
    told = {"X-Forwarded-Proto": "https"}
    for path in ("/healthz", "/sign-in", "/docs", "/nothing"):
        assert nobody.call_root("GET", path, told).headers["Strict-Transport-Security"] == "max-age=31536000"
    stranger = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}
    assert "Strict-Transport-Security" not in nobody.call_root("GET", "/healthz", told, **stranger).headers


@pytest.mark.parametrize(("scheme", "is_secure"), [("https", True), ("http", False)])
def test_cookies_are_closed_to_scripts_and_other_sites(app: Flask, scheme: str, is_secure: bool) -> None:
    client, told = app.test_client(), {"X-Forwarded-Proto": scheme}
    page = client.get("/sign-in", headers=told)
    token = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert token is not None
    form = {"csrf_token": token[1], "username": "viewer", "password": PASSWORD}
    # The client of the tests, unlike a browser, does not send a cookie that is Secure over http.
    sent = {**told, "Cookie": page.headers["Set-Cookie"].partition(";")[0]}
    answer = client.post("/sign-in", headers=sent, data=form)
    assert answer.status_code == 303
    for cookie in (*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")):
        attributes = {attribute.strip() for attribute in cookie.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Strict"} <= attributes, cookie
        assert ("Secure" in attributes) is is_secure, cookie


def test_without_the_database_nobody_is_let_in(app: Flask, services: Services, viewer: Caller) -> None:
    services.database.close()
    (services.settings.home / "nagare.db").unlink()
    (services.settings.home / "nagare.db").mkdir()
    answer = viewer.get("/hosts")
    assert (answer.status, answer.json["code"]) == (503, "database_unavailable")
