"""Signing in, staying in, going out."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from time_machine import travel

from app.composition import Services
from app.web import make_tokens
from tests.web.caller import PASSWORD, Answer, Caller

LOGIN = {"username": "viewer", "password": PASSWORD}


def refresh(nobody: Caller, token: str) -> Answer:
    return nobody.post("/auth/refresh", {"refresh_token": token})


def test_login_answers_tokens_that_tell_who_one_is(app: Flask, nobody: Caller) -> None:
    tokens = nobody.post("/auth/login", LOGIN).json
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    me = Caller(app.test_client(), tokens["access_token"]).get("/auth/me")
    assert me.status == 200
    assert (me.json["username"], me.json["role"]) == ("viewer", "viewer")
    assert "password" not in me.text


def test_an_unknown_user_and_a_wrong_password_get_the_same_answer(nobody: Caller) -> None:
    wrong = nobody.post("/auth/login", {**LOGIN, "password": "wrong horse"})
    unknown = nobody.post("/auth/login", {**LOGIN, "username": "stranger"})
    assert (wrong.status, wrong.json) == (unknown.status, unknown.json)
    assert wrong.status == 401
    assert wrong.headers["WWW-Authenticate"] == "Bearer"


def test_many_failures_in_a_row_must_wait(nobody: Caller) -> None:
    answers = [nobody.post("/auth/login", {**LOGIN, "password": "wrong horse"}) for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json["code"] == "too_many_requests"


def test_refresh_tokens_rotate_and_a_spent_one_ends_the_session(app: Flask, nobody: Caller) -> None:
    first = nobody.post("/auth/login", LOGIN).json
    second = refresh(nobody, first["refresh_token"])
    assert second.status == 200
    assert second.json["refresh_token"] != first["refresh_token"]
    assert refresh(nobody, first["refresh_token"]).status == 401
    assert refresh(nobody, second.json["refresh_token"]).status == 401
    assert Caller(app.test_client(), second.json["access_token"]).get("/auth/me").status == 401


def test_the_refresh_token_may_come_as_the_bearer(app: Flask, nobody: Caller) -> None:
    tokens = nobody.post("/auth/login", LOGIN).json
    assert Caller(app.test_client(), tokens["refresh_token"]).post("/auth/refresh").status == 200


def test_each_kind_of_token_is_good_for_one_thing(app: Flask, nobody: Caller) -> None:
    tokens = nobody.post("/auth/login", LOGIN).json
    assert refresh(nobody, tokens["access_token"]).status == 401
    assert Caller(app.test_client(), tokens["access_token"]).post("/auth/refresh").status == 401
    assert Caller(app.test_client(), tokens["refresh_token"]).get("/auth/me").status == 401


def test_logout_refuses_all_tokens_of_the_session_at_once(app: Flask, nobody: Caller) -> None:
    tokens, other = nobody.post("/auth/login", LOGIN).json, nobody.post("/auth/login", LOGIN).json
    caller = Caller(app.test_client(), tokens["access_token"])
    assert caller.post("/auth/logout").status == 204
    assert caller.get("/auth/me").status == 401
    assert refresh(nobody, tokens["refresh_token"]).status == 401
    assert Caller(app.test_client(), other["access_token"]).get("/auth/me").status == 200


def test_an_access_token_expires_also_after_it_was_used(viewer: Caller) -> None:
    assert viewer.get("/auth/me").status == 200
    with travel(datetime.now(UTC) + timedelta(seconds=901)):
        assert viewer.get("/auth/me").status == 401


def test_a_disabled_user_is_refused_at_once(admin: Caller, viewer: Caller) -> None:
    user = next(user for user in admin.get("/users").json["items"] if user["username"] == "viewer")
    assert admin.patch(f"/users/{user['id']}", {"enabled": False}).json["enabled"] is False
    assert viewer.get("/auth/me").status == 401


def part(claims: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer x.y.z",
        "Basic dXNlcjpwYXNzd29yZA==",
        f"Bearer {part({'alg': 'none'})}.{part({'sub': '1', 'sid': 'x'})}.",
        f"Bearer {part({'alg': 'HS256'})}.{part({'sub': '1', 'sid': 'x'})}.{part('signature')}",
        f"Bearer {part([1])}.{part([1])}.x",
        f"Bearer {'W1tb' * 900}.{part({})}.x",
        "Bearer \xff\xfe.x.y",
    ],
)
def test_what_is_no_token_of_ours_is_refused(nobody: Caller, header: str) -> None:
    answer = nobody.get("/auth/me", headers={"Authorization": header})
    assert (answer.status, answer.json["code"]) == (401, "unauthorized")


def test_tokens_can_be_made_without_a_request(services: Services, app: Flask) -> None:
    sign_in = services.access.auth.issue_token("operator", days=365)
    tokens = make_tokens(services.settings, sign_in, access_token_s=365 * 86400)
    with travel(datetime.now(UTC) + timedelta(days=364)):
        assert Caller(app.test_client(), tokens["access_token"]).get("/auth/me").json["username"] == "operator"


def test_another_secret_key_makes_tokens_worthless(
    services: Services, sign_in: Callable[[str], Caller], nobody: Caller
) -> None:
    other = services.settings.model_copy(update={"secret_key": type(services.settings.secret_key)("another secret")})
    forged = make_tokens(other, services.access.auth.issue_token("admin", days=1))["access_token"]
    assert nobody.get("/auth/me", headers={"Authorization": f"Bearer {forged}"}).status == 401
