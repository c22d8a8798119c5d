"""A monitor's life, told over HTTP."""

from typing import Any

import pytest

from app.connectors.conformance.server import serving
from tests.certificates import Authority
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
    answer = admin.post("/monitors", {"name": "x", "type": "cacti", "url": FLEET})
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


OURS = Authority()
CLIENT = OURS.issue()
KEPT: dict[str, tuple[dict[str, Any], Any]] = {
    "password": ({"username": "u", "password": "hunter22"}, "other"),
    "api_token": ({"api_token": "hunter22"}, "other"),
    "client_key_pem": ({"client_cert_pem": CLIENT.certificate, "client_key_pem": CLIENT.key}, CLIENT.key),
    "headers": ({"headers": {"X-Key": "hunter22"}}, {"X-Key": "other"}),
    "http_password": ({"http_username": "u", "http_password": "hunter22"}, "other"),
    "proxy_url": ({"proxy_url": "http://u:hunter22@proxy:3128"}, "http://proxy:3128"),
}
"""Each secret of a monitor: what stores it, and another value."""


@pytest.mark.parametrize("secret", KEPT)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": "https://evil.example"}, "the URL names another server"),
        ({"verify": False}, "without the check of the certificate"),
        ({"ca_pem": OURS.pem}, "another authority could vouch"),
        ({"proxy_url": "http://evil.example:3128"}, "requests go through another proxy"),
    ],
)
def test_a_stored_secret_is_not_sent_where_somebody_else_reads_it(
    admin: Caller, secret: str, change: dict[str, Any], reason: str
) -> None:
    fields, other = KEPT[secret]
    made = admin.post("/monitors", {"name": "p", "type": "prometheus", "url": "https://p.example", **fields})
    path = f"/monitors/{made.json['id']}"
    answer = admin.patch(path, change)
    if secret in change:
        assert answer.status == 200, "it is not kept"
        return
    assert (answer.status, list(answer.json["errors"])) == (422, [secret])
    assert reason in answer.text and "remove it with null" in answer.text and "hunter22" not in answer.text
    removed = {secret: None, **({"client_cert_pem": None} if secret == "client_key_pem" else {})}
    again = admin.patch(path, {**change, secret: other})
    assert again.status == 200, again.text
    assert admin.patch(path, removed).status == 200
    assert admin.patch(path, {"url": "https://third.example", "proxy_url": None}).status == 200


def test_what_leads_to_nobody_else_keeps_the_secrets(admin: Caller) -> None:
    fields = {"ca_pem": OURS.pem, "api_token": "hunter22", "proxy_url": "http://u:hunter22@proxy:3128", "verify": True}
    made = admin.post("/monitors", {"name": "p", "type": "prometheus", "url": "https://p.example/a", **fields})
    path = f"/monitors/{made.json['id']}"
    same = {name: value for name, value in fields.items() if name != "api_token"}
    for changes in (same, {"url": "https://p.example/b"}, {"ca_pem": None}, {"timeout_s": 5}, {"proxy_url": None}):
        assert admin.patch(path, changes).status == 200, changes


def test_a_connection_is_shown_without_its_secrets(admin: Caller) -> None:
    fields = {name: value for given, _ in KEPT.values() for name, value in given.items() if name != "api_token"}
    fields |= {"ca_pem": OURS.pem, "verify": False, "timeout_s": 9}
    fields = {name: value for name, value in fields.items() if name not in ("username", "password")}
    made = admin.post("/monitors", {"name": "p", "type": "prometheus", "url": "https://p.example", **fields})
    shown = admin.get(f"/monitors/{made.json['id']}")
    assert shown.json["ca_pem"] == OURS.pem
    assert (shown.json["verify"], shown.json["timeout_s"], shown.json["http_username"]) == (False, 9, "u")
    assert (shown.json["has_headers"], shown.json["has_proxy"]) == (True, True)
    for text in (made.text, shown.text, admin.get("/monitors").text):
        assert "hunter22" not in text and "PRIVATE KEY" not in text
    gone = admin.patch(f"/monitors/{made.json['id']}", {"headers": {}, "proxy_url": None}).json
    assert (gone["has_headers"], gone["has_proxy"]) == (False, False)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("ca_pem", {"ca_pem": "hunter22"}),
        ("client_cert_pem", {"client_key_pem": CLIENT.key}),
        ("client_key_pem", {"client_cert_pem": CLIENT.certificate, "client_key_pem": OURS.issue().key}),
        ("client_key_pem", {"client_cert_pem": CLIENT.certificate, "client_key_pem": CLIENT.encrypted_key}),
        ("headers.X-Key", {"headers": {"X-Key": "hunter22\r\nX-Evil: 1"}}),
        ("headers.Host", {"headers": {"Host": "hunter22"}}),
        ("headers", {"headers": {f"X-{number}": "" for number in range(21)}}),
        ("http_username", {"http_password": "hunter22"}),
        ("http_username", {"http_username": "u", "http_password": "hunter22", "api_token": "t"}),
        ("proxy_url", {"proxy_url": "socks5://u:hunter22@proxy"}),
        ("timeout_s", {"timeout_s": 0}),
        ("verify", {"verify": "no"}),
    ],
)
def test_a_wrong_connection_is_refused_by_its_field(admin: Caller, field: str, values: dict[str, Any]) -> None:
    answer = admin.post("/monitors", {"name": "p", "type": "prometheus", "url": "https://p.example", **values})
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text
    assert "hunter22" not in answer.text and "PRIVATE KEY" not in answer.text


def test_a_monitor_is_tried_before_it_is_saved(admin: Caller) -> None:
    works = {"name": "demo", "type": "simulator", "url": FLEET}
    answer = admin.post("/monitors/check", works)
    assert (answer.status, answer.json["ok"], answer.json["error"], answer.json["advice"]) == (200, True, None, None)
    assert answer.json["version"] and answer.json["latency_ms"] >= 0
    broken = {**works, "name": "broken", "url": f"{FLEET}&fail=1"}
    failed = admin.post("/monitors/check", broken)
    assert (failed.status, failed.json["ok"], failed.json["version"]) == (200, False, None)
    assert "simulated failure" in failed.json["error"]
    assert admin.get("/monitors").json["items"] == []
    assert admin.post("/monitors/check", {**works, "type": "nagios-9"}).status == 422
    assert admin.post("/monitors/check", {"name": "s", "type": "webhook"}).status == 409

    refused = admin.post("/monitors", {**broken, "check": True})
    assert (refused.status, list(refused.json["errors"])) == (422, ["url"])
    assert "simulated failure" in refused.text
    assert admin.get("/monitors").json["items"] == []
    made = admin.post("/monitors", {**works, "check": True})
    assert made.status == 201 and "check" not in made.json
    assert admin.post("/monitors", {"name": "s", "type": "webhook", "check": True}).status == 201
    assert admin.post("/monitors", {**broken, "check": False}).status == 201

    path = f"/monitors/{made.json['id']}"
    refused = admin.patch(path, {"url": broken["url"], "check": True})
    assert (refused.status, list(refused.json["errors"])) == (422, ["url"])
    assert admin.get(path).json["url"] == FLEET
    assert admin.patch(path, {"name": "other", "check": True}).json["name"] == "other"
    assert admin.patch(path, {"url": broken["url"]}).status == 200


def test_a_check_sends_no_stored_secret_to_another_server(admin: Caller) -> None:
    asked: list[str] = []

    def note(request: Any) -> None:
        asked.append(f"{request.headers} {request.body!r}")
        request.answer({"status": "success", "data": {"version": "2.53.0"}})

    with serving(note) as right, serving(note) as wrong:
        fields = {"name": "p", "type": "prometheus", "url": right, "api_token": "hunter22", "check": True}
        made = admin.post("/monitors", fields)
        assert made.status == 201, made.text
        asked.clear()
        refused = admin.patch(f"/monitors/{made.json['id']}", {"url": wrong, "check": True})
        assert (refused.status, list(refused.json["errors"])) == (422, ["api_token"])
        assert asked == []


def test_a_check_says_what_is_wrong_and_what_is_right(admin: Caller) -> None:
    def under_prefix(request: Any) -> None:
        is_there = request.path.startswith("/prometheus/api/v1/")
        answer = {"status": "success", "data": {"version": "2.53.0"}} if is_there else {"message": "no such page"}
        request.answer(answer, 200 if is_there else 404)

    with serving(under_prefix) as url:
        fields = {"name": "p", "type": "prometheus", "url": f"{url}/graph"}
        checked = admin.post("/monitors/check", fields).json
        assert (checked["ok"], checked["url"]) == (False, f"{url}/prometheus")
        assert "HTTP 404: no such page" in checked["error"] and f"{url}/prometheus" in checked["advice"]
        refused = admin.post("/monitors", {**fields, "check": True})
        assert (refused.status, list(refused.json["errors"])) == (422, ["url"])
        assert f"The right address is {url}/prometheus" in refused.text


def test_a_monitor_without_verification_warns_for_as_long_as_it_is_so(admin: Caller, viewer: Caller) -> None:
    made = prometheus(admin, "p1", verify=False)
    assert "certificate is not checked" in made["warnings"][0]
    path = f"/monitors/{made['id']}"
    assert viewer.get(path).json["warnings"] == viewer.get("/monitors").json["items"][0]["warnings"] == made["warnings"]
    assert admin.patch(path, {"verify": True}).json["warnings"] == []


def prometheus(admin: Caller, name: str, **settings: object) -> dict[str, Any]:
    fields = {"name": name, "type": "prometheus", "url": f"http://{name}.example:9090", **settings}
    made = admin.post("/monitors", fields)
    assert made.status == 201, made.text
    return dict(made.json)


def test_settings_of_alerts_are_kept_and_changed(admin: Caller) -> None:
    settings = {
        "alertmanager_urls": ["http://am-1.example:9093", "https://am-2.example/alertmanager"],
        "watchdogs": ["Watchdog", "心跳"],
        "stale_after_s": 600,
        "resolve_stale_after_s": 86400,
        "ha_group": "shop",
        "ha_ignored_labels": ["prometheus_replica"],
    }
    made = prometheus(admin, "p1", **settings)
    assert {name: made[name] for name in settings} == settings
    path = f"/monitors/{made['id']}"
    nothing: dict[str, Any] = {
        "alertmanager_urls": [],
        "watchdogs": [],
        "stale_after_s": None,
        "resolve_stale_after_s": None,
    }
    changed = admin.patch(path, {**nothing, "ha_group": None, "ha_ignored_labels": []}).json
    assert {name: changed[name] for name in settings} == {**nothing, "ha_group": None, "ha_ignored_labels": []}
    peers = {"name": "am", "type": "alertmanager", "url": "http://am", "alertmanager_urls": ["http://am-2:9093"]}
    assert admin.post("/monitors", peers).json["alertmanager_urls"] == ["http://am-2:9093"]
    plain = prometheus(admin, "p2")
    assert {name: plain[name] for name in settings} == {**nothing, "ha_group": None, "ha_ignored_labels": []}
    assert plain["unknown_severity_count"] == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("alertmanager_urls", ["http://am.example"] * 11),
        ("alertmanager_urls.1", ["http://am.example", "ftp://am.example"]),
        ("alertmanager_urls.0", ["http://user:hunter22@am.example"]),
        ("alertmanager_urls.0", ["http://am.example/?token=hunter22"]),
        ("watchdogs", ["Watchdog"] * 51),
        ("stale_after_s", 59),
        ("resolve_stale_after_s", 365 * 86400 + 1),
        ("ha_group", ""),
        ("ha_ignored_labels", ["replica"] * 21),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(admin: Caller, field: str, value: object) -> None:
    path = f"/monitors/{prometheus(admin, 'p1')['id']}"
    answer = admin.patch(path, {field.partition(".")[0]: value})
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text
    assert "hunter22" not in answer.text


def test_only_a_prometheus_has_alertmanagers(admin: Caller, fleet: int) -> None:
    answer = admin.patch(f"/monitors/{fleet}", {"alertmanager_urls": ["http://am.example"]})
    assert (answer.status, list(answer.json["errors"])) == (422, ["alertmanager_urls"])


def test_an_ha_group_has_monitors_of_one_type(admin: Caller, fleet: int) -> None:
    first = prometheus(admin, "p1", ha_group="shop")
    assert admin.patch(f"/monitors/{first['id']}", {"ha_group": "shop"}).status == 200
    answer = admin.patch(f"/monitors/{fleet}", {"ha_group": "shop"})
    assert (answer.status, list(answer.json["errors"])) == (422, ["ha_group"])
    assert "p1" in answer.text and "prometheus" in answer.text


def test_a_monitor_that_only_receives_needs_no_url_and_is_never_asked(admin: Caller, nobody: Caller) -> None:
    made = admin.post("/monitors", {"name": "scripts", "type": "webhook"})
    assert (made.status, made.json["url"], made.json["type"]) == (201, "", "webhook")
    path = f"/monitors/{made.json['id']}"
    asked = (
        "check",
        "hosts/pull",
        "hosts/pull-async",
        "alerts/pull-async",
        "sync-async",
        "items/pull-async?unique=true",
    )
    for operation in asked:
        answer = admin.post(f"{path}/{operation}")
        assert (answer.status, answer.json["code"]) == (409, "conflict"), operation
        assert "only receives alerts" in answer.json["detail"]
    schedule = {"name": "n", "cron": "* * * * *", "task_type": "pull_alerts", "params": {"monitor_id": made.json["id"]}}
    assert admin.post("/schedules", schedule).status == 409
    token = admin.post(f"{path}/webhook-token").json["token"]
    as_monitor = {"Authorization": f"Bearer {token}"}
    assert nobody.post("/alerts/webhook", {"message": "Backup failed"}, headers=as_monitor).status == 202
    assert admin.get(path).json["status"] == "unknown"
    assert admin.patch(path, {"url": "https://scripts.example"}).json["url"] == "https://scripts.example"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("url", {"url": "nothing"}),
        ("username", {"username": "u"}),
        ("password", {"password": "p"}),
        ("api_token", {"url": "https://scripts.example", "api_token": "t"}),
    ],
)
def test_a_monitor_that_only_receives_has_no_credentials(admin: Caller, field: str, values: dict[str, str]) -> None:
    answer = admin.post("/monitors", {"name": "scripts", "type": "webhook", **values})
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize("type", ["zabbix", "prometheus", "simulator"])
def test_every_other_monitor_needs_a_url(admin: Caller, type: str) -> None:
    answer = admin.post("/monitors", {"name": "x", "type": type})
    assert (answer.status, list(answer.json["errors"])) == (422, ["url"])


def test_monitors_that_are_a_pair_share_an_identity(admin: Caller, viewer: Caller, fleet: int) -> None:
    first, second, third = (prometheus(admin, f"p{number}")["id"] for number in (1, 2, 3))
    path = f"/monitors/{second}/identity"
    assert viewer.get(path).json == {"ha_group": None, "ha_ignored_labels": [], "members": []}
    pair = {"ha_group": "shop", "ha_ignored_labels": ["prometheus_replica"]}
    put = admin.put(path, {**pair, "members": [first, second]})
    assert put.status == 200
    assert [member["id"] for member in put.json["members"]] == [first, second]
    assert viewer.get(f"/monitors/{first}/identity").json == put.json
    assert admin.get(f"/monitors/{first}").json["ha_ignored_labels"] == ["prometheus_replica"]

    joined = admin.put(f"/monitors/{third}/identity", {"ha_group": "shop", "ha_ignored_labels": ["replica"]}).json
    assert [member["name"] for member in joined["members"]] == ["p1", "p2", "p3"]
    assert viewer.get(path).json["ha_ignored_labels"] == ["replica"]
    assert len(admin.put(path, {**pair, "members": [second, third]}).json["members"]) == 2
    assert viewer.get(f"/monitors/{first}/identity").json["members"] == []
    assert admin.put(path, {"ha_group": None}).json["ha_group"] is None

    for members in ([fleet], [9999]):
        answer = admin.put(path, {**pair, "members": members})
        assert (answer.status, list(answer.json["errors"])) == (422, ["members"])
