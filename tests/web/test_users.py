"""Users over HTTP."""

import pytest

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
