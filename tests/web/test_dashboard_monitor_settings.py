"""What an administrator sets for a monitor's alerts on its pages: settings, severities, the field mapping."""

from collections.abc import Callable

import pytest

from app import clock
from app.composition import Services
from app.store.alerts import severities
from tests.web.browser import HTMX, Browser


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


def test_a_monitor_that_only_receives_has_no_buttons_to_pull(page: Browser, services: Services) -> None:
    added = page.follow(page.post("/monitors", {"name": "scripts", "type": "webhook", "url": ""}))
    assert "/webhook-token" in added.text
    assert "/pull/" not in added.text and "/check" not in added.text
    assert "/check" not in page.get("/monitors").text
