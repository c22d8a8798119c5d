"""A monitor's life, told over HTTP."""

from tests.web.caller import FLEET, Caller


def test_a_monitor_is_made_read_changed_and_deleted(admin: Caller) -> None:
    made = admin.post("/monitors", {"name": "演示", "type": "simulator", "url": FLEET, "password": "hunter22"})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/monitors/{made.json['id']}"
    assert made.json["name"] == "演示"
    assert made.json["status"] == "unknown"
    assert "hunter22" not in made.text
    assert "演示" in made.text, "names are readable in the answer, not escaped"

    path = f"/monitors/{made.json['id']}"
    assert admin.get(path).json == made.json
    assert admin.get("/monitors").json == {"items": [made.json], "next_cursor": None}

    changed = admin.patch(path, {"name": "demo", "username": "reader", "password": None, "enabled": False})
    assert changed.status == 200
    assert (changed.json["name"], changed.json["username"], changed.json["enabled"]) == ("demo", "reader", False)
    assert admin.patch(path, {"username": None}).json["username"] is None
    assert admin.patch(path, {}).status == 200

    deleted = admin.delete(path)
    assert (deleted.status, deleted.text) == (204, "")
    assert admin.get(path).status == 404


def test_a_name_is_given_once(admin: Caller, fleet: int) -> None:
    answer = admin.post("/monitors", {"name": "demo", "type": "simulator", "url": FLEET})
    assert (answer.status, answer.json["code"]) == (409, "conflict")


def test_an_unknown_type_or_address_is_refused_by_name(admin: Caller) -> None:
    answer = admin.post("/monitors", {"name": "x", "type": "nagios", "url": FLEET})
    assert (answer.status, list(answer.json["errors"])) == (422, ["type"])
    answer = admin.post("/monitors", {"name": "x", "type": "zabbix", "url": "ftp://x", "api_token": "t"})
    assert (answer.status, list(answer.json["errors"])) == (422, ["url"])


def test_check_tells_the_version(operator: Caller, fleet: int) -> None:
    answer = operator.post(f"/monitors/{fleet}/check")
    assert answer.status == 200
    assert answer.json["ok"] is True
    assert answer.json["version"]
    assert answer.json["error"] is None


def test_check_tells_why_not(admin: Caller) -> None:
    url = "simulator://demo?hosts=1&items=1&seed=1&fail=1"
    monitor = admin.post("/monitors", {"name": "broken", "type": "simulator", "url": url}).json
    answer = admin.post(f"/monitors/{monitor['id']}/check")
    assert answer.status == 200
    assert answer.json["ok"] is False
    assert answer.json["error"]
    assert admin.get(f"/monitors/{monitor['id']}").json["status"] == "error"


def test_a_pull_inside_the_request_answers_the_counts(operator: Caller, fleet: int) -> None:
    answer = operator.post(f"/monitors/{fleet}/hosts/pull")
    assert answer.status == 200
    assert answer.json["seen"] == 3
    assert answer.json["created"] == 0


def test_a_failing_monitor_is_a_bad_gateway(admin: Caller) -> None:
    url = "simulator://demo?hosts=1&items=1&seed=1&fail=1"
    monitor = admin.post("/monitors", {"name": "broken", "type": "simulator", "url": url}).json
    answer = admin.post(f"/monitors/{monitor['id']}/hosts/pull")
    assert answer.status == 502
    assert answer.json["code"].startswith("source_")


def test_a_stored_credential_does_not_move_to_another_server(admin: Caller) -> None:
    fields = {"name": "z", "type": "zabbix", "url": "https://zabbix.example/a", "username": "u", "password": "hunter22"}
    path = f"/monitors/{admin.post('/monitors', fields).json['id']}"
    for url in ("https://evil.example/a", "http://zabbix.example/a", "https://zabbix.example:444/a"):
        answer = admin.patch(path, {"url": url})
        assert (answer.status, list(answer.json["errors"])) == (422, ["password"]), url
        assert admin.patch(path, {"url": url, "username": "v"}).status == 422
    assert admin.get(path).json["url"] == "https://zabbix.example/a"
    assert admin.patch(path, {"url": "https://ZABBIX.example/b"}).status == 200
    moved = admin.patch(path, {"url": "https://evil.example", "username": None, "password": None, "api_token": "t"})
    assert moved.status == 200
    assert list(admin.patch(path, {"url": "https://other.example"}).json["errors"]) == ["api_token"]
