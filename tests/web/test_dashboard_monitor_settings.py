"""What an administrator sets for a monitor's alerts on its pages: settings, severities, the field mapping."""

import json
import re
from collections.abc import Callable

import pytest

from app import clock
from app.composition import Services
from app.store.alerts import severities
from app.store.database.pages import PageRequest
from app.store.inventory import monitors
from tests.certificates import Authority
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller

OURS = Authority()
CLIENT = OURS.issue()


@pytest.fixture
def page(browse: Callable[[str], Browser]) -> Browser:
    return browse("admin")


def test_settings_of_alerts_are_edited_with_the_monitor(page: Browser, services: Services) -> None:
    fields = {"name": "p", "type": "prometheus", "url": "http://p.example"}
    path = f"/monitors/{services.inventory.monitors.create(fields)['id']}"
    form = {
        **{"name": "p", "url": "http://p.example", "username": "", "password": "", "api_token": ""},
        **{"alertmanager_urls": "http://a:9093, http://b:9093", "watchdogs": "Watchdog", "stale_after_s": "600"},
        **{"resolve_stale_after_s": "", "ha_group": "shop", "ha_ignored_labels": "replica"},
    }
    assert page.post(path, form).status == 303
    found = services.inventory.monitors.get(1)
    assert found["alertmanager_urls"] == ["http://a:9093", "http://b:9093"]
    assert (found["watchdogs"], found["stale_after_s"], found["resolve_stale_after_s"]) == (["Watchdog"], 600, None)
    assert (found["ha_group"], found["ha_ignored_labels"]) == ("shop", ["replica"])
    emptied = {**form, "alertmanager_urls": "", "watchdogs": "", "stale_after_s": "", "ha_group": ""}
    assert page.post(path, emptied).status == 303
    found = services.inventory.monitors.get(1)
    assert (found["alertmanager_urls"], found["watchdogs"], found["stale_after_s"], found["ha_group"]) == (
        [],
        [],
        None,
        None,
    )


CONNECTION = {
    **{"ca_pem": OURS.pem.replace("\n", "\r\n"), "client_cert_pem": CLIENT.certificate, "client_key_pem": CLIENT.key},
    **{"headers": "X-Scope-OrgID: team-a\r\n\r\nX-Key:  hunter22\r\n", "http_username": "front"},
    **{"http_password": "hunter23", "proxy_url": "http://u:hunter24@proxy:3128", "timeout_s": "9"},
}
BLANK = dict.fromkeys(("client_key_pem", "headers", "http_password", "proxy_url", "password", "api_token"), "")


def test_a_connection_is_edited_and_its_secrets_are_kept_or_removed(page: Browser, services: Services) -> None:
    form = {"name": "p", "type": "prometheus", "url": "https://p.example", "username": "", **CONNECTION}
    made = page.follow(page.post("/monitors", {**form, "verify": "true", "check": "false"}))
    assert "hunter2" not in made.text and "PRIVATE KEY" not in made.text
    with services.database.reading() as connection:
        monitor = monitors.find_sealed(connection, 1)
    access = services.inventory.monitors._monitor_connections.access(monitor or {})
    assert dict(access.headers) == {"X-Scope-OrgID": "team-a", "X-Key": "hunter22"}
    assert (access.ca_pem, access.client_key_pem, access.timeout_s) == (OURS.pem, CLIENT.key, 9)
    assert (access.http_password, access.proxy_url) == ("hunter23", CONNECTION["proxy_url"])

    shown = page.get("/monitors/1").text
    assert "Stored: leave empty to keep it." in shown and "hunter2" not in shown and "PRIVATE KEY" not in shown
    edited = {**CONNECTION, **BLANK, "name": "q", "url": "https://p.example", "verify": "true", "check": "false"}
    assert page.post("/monitors/1", edited).status == 303
    found = services.inventory.monitors.get(1)
    assert (found["name"], found["has_headers"], found["has_proxy"]) == ("q", True, True)

    assert page.post("/monitors/1", {**edited, "remove": "headers"}).status == 303
    assert page.post("/monitors/1", {**edited, "remove": "proxy_url"}).status == 303
    found = services.inventory.monitors.get(1)
    assert (found["has_headers"], found["has_proxy"]) == (False, False)


def test_a_line_that_is_no_header_is_told_without_repeating_it(page: Browser, services: Services) -> None:
    form = {"name": "p", "type": "prometheus", "url": "https://p.example", "headers": "X-A: 1\nhunter22"}
    wrong = page.post("/monitors", form, HTMX)
    assert (wrong.status, "Line 2 is not like" in wrong.text, "hunter22" in wrong.text) == (422, True, False)


def test_a_monitor_is_tested_before_it_is_saved_and_can_be_saved_anyway(page: Browser, services: Services) -> None:
    form = {"name": "p", "type": "simulator", "url": "simulator://demo?hosts=1&items=1&fail=1"}
    refused = page.post("/monitors", {**form, "check": "true"}, HTMX)
    assert (refused.status, "simulated failure" in refused.text) == (422, True)
    assert not services.inventory.monitors.is_there_any()
    assert page.post("/monitors", {**form, "check": "false"}).status == 303
    dialog = page.get("/monitors").text
    assert '<input type="checkbox" id="f-check" name="check" value="true" checked>' in dialog


def test_what_puts_a_monitor_at_risk_stays_visible(page: Browser, services: Services, fleet: int) -> None:
    assert "Certificate not checked" not in page.get("/monitors").text
    services.inventory.monitors.update(fleet, {"verify": False})
    with services.database.transaction() as connection:
        monitors.record_unreadable(connection, fleet, 7, "HTTP 422: 太多")
    assert "Certificate not checked" in page.get("/monitors").text
    shown = page.get(f"/monitors/{fleet}").text
    assert "anyone on the way can read and change" in shown
    assert "Hosts whose items could not be read: 7: HTTP 422: 太多" in shown
    page.client.set_cookie("nagare_language", "zh")
    assert "未检查证书" in page.get("/monitors").text


def test_the_severity_table_is_edited_and_an_unknown_word_is_ranked(
    page: Browser, services: Services, fleet: int
) -> None:
    with services.database.transaction() as connection:
        severities.add_unknown(connection, fleet, {"紫色": 3}, clock.now())
    path = f"/monitors/{fleet}/severities"
    assert "紫色" in page.get(path).text
    form = {"words": "SEV-2 = warning\nok=fine = 0\n\n", "unknown_word": "2", "missing_word": "0", "numbers": "upward"}
    saved = page.post(path, form, page=path)
    assert saved.headers["Location"] == path
    own = {"words": {"SEV-2": 1, "ok=fine": 0}, "unknown": 2, "missing": 0, "numbers": "upward"}
    table = services.alerts.severities.get(fleet)
    assert {name: table[name] for name in own} == own

    page.post(f"{path}/rank", {"word": "紫色", "severity": "2"}, page=path)
    table = services.alerts.severities.get(fleet)
    assert (table["words"]["紫色"], table["words"]["SEV-2"], table["unknown_words"]) == (2, 1, [])

    wrong = page.post(path, {**form, "words": "no severity"}, HTMX, page=path)
    assert wrong.status == 422
    assert "no severity" in wrong.text


def test_a_mapping_is_tried_saved_and_removed(page: Browser, services: Services) -> None:
    monitor_id = services.inventory.monitors.create({"name": "scripts", "type": "webhook"})["id"]
    path = f"/monitors/{monitor_id}/mapping"
    assert f'href="{path}"' in page.get(f"/monitors/{monitor_id}").text
    form = {"alerts": "events", "message": "title", "severity": "p", "firing": "开, 始", "host": "", "body": ""}
    body = '{"events": [{"title": "磁盘不足", "p": "purple"}, {}]}'
    tried = page.post(f"{path}/test", {**form, "body": body}, HTMX, page=path)
    assert tried.status == 200
    assert "磁盘不足" in tried.text and "purple" in tried.text and "alerts.1.message" in tried.text
    for changes, told in (
        ({"message": "a["}, "message"),
        ({"message": ""}, "message"),
        ({"body": "{"}, "not valid JSON"),
        ({"body": "7"}, "alerts"),
    ):
        wrong = page.post(f"{path}/test", {**form, "body": body, **changes}, HTMX, page=path)
        assert (wrong.status, told in wrong.text) == (200, True), told
    assert services.inventory.mappings.get(monitor_id) == {}

    assert page.post(path, form, page=path).status == 303
    mapping = {"alerts": "events", "message": "title", "severity": "p", "firing": ["开", "始"]}
    assert services.inventory.mappings.get(monitor_id) == mapping
    assert 'value="开, 始"' in page.get(path).text
    assert page.post(f"{path}/delete", page=path).status == 303
    assert services.inventory.mappings.get(monitor_id) == {}


def test_the_mapping_of_a_json_source_is_saved_and_removed(page: Browser, services: Services) -> None:
    monitor = {"name": "cmdb", "type": "http_json", "url": "http://cmdb.example"}
    monitor_id = services.inventory.monitors.create(monitor)["id"]
    path = f"/monitors/{monitor_id}/mapping"
    assert f'href="{path}"' in page.get(f"/monitors/{monitor_id}").text
    mapping = {"hosts": {"path": "/servers", "list": "data", "fields": {"external_id": "id", "name": "'机器'"}}}
    for text, told in (
        ("{", "not valid JSON"),
        ("[]", "object"),
        (json.dumps({"hosts": {"list": "a[", "fields": {"external_id": "id"}}}), "hosts.list"),
        (json.dumps({"colour": "c"}), "colour"),
    ):
        wrong = page.post(path, {"mapping": text}, HTMX, page=path)
        assert (wrong.status, told in wrong.text) == (422, True), wrong.text
    assert services.inventory.mappings.get(monitor_id) == {}
    assert page.post(path, {"mapping": json.dumps(mapping)}, page=path).status == 303
    assert services.inventory.mappings.get(monitor_id) == mapping
    assert "机器" in page.get(path).text
    assert page.post(f"{path}/delete", page=path).status == 303
    assert services.inventory.mappings.get(monitor_id) == {}


def test_a_monitor_that_only_receives_has_no_buttons_to_pull(page: Browser, services: Services) -> None:
    added = page.follow(page.post("/monitors", {"name": "scripts", "type": "webhook", "url": ""}))
    assert "/webhook-token" in added.text
    assert "/pull/" not in added.text and "/check" not in added.text
    assert "/check" not in page.get("/monitors").text


def test_a_webhook_token_is_created_and_shown_once(page: Browser, nobody: Caller, services: Services) -> None:
    services.inventory.monitors.create({"name": "scripts", "type": "webhook", "url": ""})
    shown = page.post("/monitors/1/webhook-token", page="/monitors/1").text
    found = re.search(r'id="webhook-token">([^<]+)<', shown)
    assert found and "http://localhost/api/v1/alerts/webhook" in shown
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert nobody.call("POST", "/alerts/webhook", json=[{"message": "test"}], headers=headers).status == 202
    again = page.get("/monitors/1").text
    assert found[1] not in again and "The present one stops working" in again
    page.post("/monitors/1/webhook-token", page="/monitors/1")
    assert nobody.call("POST", "/alerts/webhook", json=[{"message": "test"}], headers=headers).status == 401


def test_a_host_is_added_to_the_monitor_that_the_form_names(
    browse: Callable[[str], Browser], services: Services
) -> None:
    operator = browse("operator")
    services.inventory.monitors.create({"name": "one", "type": "simulator", "url": "simulator://demo?hosts=1"})
    assert "add-host" not in operator.get("/hosts").text, "no host can be created at a source that is only read"
    zabbix = {"name": "two", "type": "zabbix", "url": "http://127.0.0.1:9", "username": "u", "password": "p"}
    services.inventory.monitors.create(zabbix)
    choices = operator.get("/hosts?open=add-host").text.partition('id="new-monitor"')[2].partition("</select>")[0]
    assert re.findall(r"<option[^>]*>(\w+)<", choices) == ["two"]
    form = {"monitor_id": "2", "name": "db-01", "display_name": "", "ip_addr": "", "groups": "db, eu"}
    assert operator.post("/hosts", form, page="/hosts").status == 303
    [host] = services.inventory.inventory.list_hosts(PageRequest()).items
    assert (host["monitor_id"], host["groups"]) == (2, ["db", "eu"])
    taken = operator.post("/hosts", form, HTMX, page="/hosts")
    assert (taken.status, '<li data-field="name">' in taken.text) == (409, True)
    none = operator.post("/hosts", {**form, "monitor_id": ""}, HTMX, page="/hosts")
    assert (none.status, '<li data-field="monitor_id">' in none.text) == (422, True)
