"""Users over HTTP."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.web.browser import Browser
from tests.web.caller import PASSWORD, Caller


def test_a_user_is_made_changed_and_deleted(admin: Caller, nobody: Caller) -> None:
    made = admin.post("/users", {"username": "小林", "password": PASSWORD, "role": "viewer"})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/users/{made.json['id']}"
    assert set(made.json) == {"id", "username", "role", "enabled", "created_at"}
    path = f"/users/{made.json['id']}"
    assert admin.get(path).json == made.json
    assert made.json in admin.get("/users").json["items"]
    assert admin.patch(path, {"role": "operator", "password": "another password"}).json["role"] == "operator"
    assert nobody.post("/auth/login", {"username": "小林", "password": PASSWORD}).status == 401
    assert nobody.post("/auth/login", {"username": "小林", "password": "another password"}).status == 200
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404
    assert nobody.post("/auth/login", {"username": "小林", "password": "another password"}).status == 401


def test_a_name_is_given_once(admin: Caller) -> None:
    assert admin.post("/users", {"username": "viewer", "password": PASSWORD, "role": "viewer"}).status == 409


def test_the_last_admin_stays(admin: Caller) -> None:
    me = admin.get("/auth/me").json
    assert admin.patch(f"/users/{me['id']}", {"role": "viewer"}).status == 409
    assert admin.patch(f"/users/{me['id']}", {"enabled": False}).status == 409
    assert admin.delete(f"/users/{me['id']}").status == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"password": "seven77"}, "password"),
        ({"role": "root"}, "role"),
        ({"role": None}, "role"),
    ],
)
def test_a_user_must_be_sound(admin: Caller, change: dict[str, object], field: str) -> None:
    user = {"username": "new", "password": PASSWORD, "role": "viewer"}
    answer = admin.post("/users", {**user, **change})
    assert (answer.status, list(answer.json["errors"])) == (422, [field])
    assert PASSWORD not in answer.text


def test_a_new_password_or_role_holds_from_the_next_request_on(
    app: Flask, admin: Caller, operator: Caller, nobody: Caller
) -> None:
    path = f"/users/{operator.get('/auth/me').json['id']}"
    admin.patch(path, {"role": "viewer"})
    assert operator.get("/auth/me").json["role"] == "viewer"
    assert operator.post("/alerts/generate-test").status == 403
    admin.patch(path, {"password": "another password"})
    assert operator.get("/auth/me").status == 401
    assert nobody.post("/auth/login", {"username": "operator", "password": "another password"}).status == 200


def test_an_admin_signs_a_user_out_everywhere(app: Flask, admin: Caller, nobody: Caller, viewer: Caller) -> None:
    login = {"username": "viewer", "password": PASSWORD}
    first = nobody.post("/auth/login", login, environ_base={"REMOTE_ADDR": "2001:db8::7"}).json
    token = viewer.post("/tokens", {"name": "script"}).json["token"]
    script = Caller(app.test_client(), token)
    path = f"/users/{viewer.get('/auth/me').json['id']}/sessions"
    shown = admin.get(path)
    assert [row["network"] for row in shown.json["items"]] == ["2001:db8::/64", None]
    assert set(shown.json["items"][0]) == {"network", "created_at", "expires_at"}
    assert admin.post(f"{path}/revoke").json == {"sessions": 2, "tokens": 0}
    assert admin.get(path).json["items"] == []
    assert (viewer.get("/auth/me").status, script.get("/auth/me").status) == (401, 200)
    assert nobody.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).status == 401
    assert admin.post(f"{path}/revoke", {"tokens": True}).json == {"sessions": 0, "tokens": 1}
    assert script.get("/auth/me").status == 401
    assert admin.post("/users/999/sessions/revoke").status == 404
    assert admin.get("/users/999/sessions").status == 404


def test_the_trail_says_what_was_done_to_users(admin: Caller, viewer: Caller) -> None:
    path = f"/users/{viewer.get('/auth/me').json['id']}"
    admin.patch(path, {"role": "operator", "password": "another password"})
    admin.delete(path)
    entries = admin.get("/audit?object_type=user").json["items"]
    assert [(entry["username"], entry["before"], entry["after"]) for entry in entries[:3]] == [
        ("admin", {"username": "viewer", "role": "operator"}, {}),
        ("admin", {}, {"password": "changed"}),
        ("admin", {"role": "viewer"}, {"role": "operator"}),
    ]
    assert {entry["username"] for entry in entries[3:]} == {"command line"}
    assert "another password" not in repr(entries)


def test_the_dashboard_signs_a_user_out_everywhere(browse: Callable[[str], Browser], viewer: Caller) -> None:
    browser = browse("admin")
    path = f"/users/{viewer.get('/auth/me').json['id']}/sessions/revoke"
    assert path in browser.get("/users").text
    assert "Ended all sessions" in browser.follow(browser.post(path, page="/users")).text
    assert viewer.get("/auth/me").status == 401


def test_a_new_user_inherits_nothing_of_one_who_was_deleted(
    admin: Caller, fleet: int, sign_in: Callable[[str], Caller]
) -> None:
    def ask(username: str) -> tuple[int, str]:
        made = admin.post("/users", {"username": username, "password": PASSWORD, "role": "operator"}).json
        caller = sign_in(username)
        answer = caller.post(f"/monitors/{fleet}/hosts/pull-async", headers={"Idempotency-Key": "nightly"})
        return int(made["id"]), str(answer.json["task_id"])

    old_id, old_task = ask("old")
    assert admin.delete(f"/users/{old_id}").status == 204
    new_id, new_task = ask("new")
    assert new_id > old_id and new_task != old_task
    edits = admin.get(f"/audit?object_type=user&object_id={new_id}").json["items"]
    assert [edit["after"]["username"] for edit in edits] == ["new"]


def test_a_new_password_tells_which_tokens_hold_and_ends_them_if_so_wanted(
    admin: Caller, operator: Caller, app: Flask, browse: Callable[[str], Browser]
) -> None:
    tokens = [operator.post("/tokens", {"name": name}).json["token"] for name in ("nightly", "a thief's")]
    user_id = operator.get("/auth/me").json["id"]
    script = Caller(app.test_client(), tokens[0])
    changed = admin.patch(f"/users/{user_id}", {"password": "another password"})
    assert changed.json["api_tokens"] == 2 and "revoke_tokens" not in changed.json
    assert script.get("/auth/me").status == 200
    page = browse("admin")
    answer = page.follow(page.post(f"/users/{user_id}", {"password": "a third password"}, page="/users"))
    assert "API tokens of this user that are still valid: 2" in answer.text
    assert admin.patch(f"/users/{user_id}", {"role": "viewer"}).json["api_tokens"] == 2
    ended = admin.patch(f"/users/{user_id}", {"password": "a fourth password", "revoke_tokens": True})
    assert ended.json["api_tokens"] == 0
    assert script.get("/auth/me").status == 401
    form = {"password": "a fifth password", "revoke_tokens": "true"}
    answer = page.follow(page.post(f"/users/{user_id}", form, page="/users"))
    assert "This user has no valid API tokens" in answer.text
    trail = admin.get("/audit?object_type=token").json["items"]
    assert [entry["after"] for entry in trail[:2]] == [{}, {}]
