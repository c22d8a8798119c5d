"""The first steps on the overview, and the demo that is removed in one click."""

import re
from collections.abc import Callable

import pytest

from app import clock
from app.composition import Services
from app.enums import TaskState, TaskType
from app.rules.monitor_types import DEMO_URL
from app.store.contacts import channels
from app.store.database.pages import PageRequest
from app.web.dashboard.pages.welcome import STEPS
from tests.web.browser import Browser
from tests.web.caller import FLEET, Caller

DEMO = {"name": "demo", "type": "simulator", "url": DEMO_URL}
WELCOME = 'id="welcome"'


@pytest.fixture
def page(browse: Callable[[str], Browser]) -> Browser:
    return browse("admin")


def done(admin: Caller) -> list[str]:
    steps = admin.get("/first-steps").json
    return [step for step in STEPS if steps[step]]


def test_an_empty_instance_leads_through_the_steps(page: Browser, admin: Caller, services: Services) -> None:
    assert done(admin) == []
    text = page.get("/").text
    assert WELCOME in text and 'href="/monitors?open=add-monitor"' in text and text.count('aria-current="step"') == 1
    monitor_id = services.inventory.monitors.create({"name": "zbx", "type": "simulator", "url": FLEET})["id"]
    assert done(admin) == ["add"]
    assert f'action="/monitors/{monitor_id}/pull/all"' in page.get("/").text
    services.inventory.pulls.hosts(monitor_id)
    assert done(admin) == ["add", "pull", "see"]
    assert f'href="/hosts?monitor_id={monitor_id}"' in page.get("/").text
    made = admin.post("/channels", {"name": "chat", "url": "json://127.0.0.1:9"}).json
    with services.database.transaction() as connection:
        channels.record_sent(connection, made["id"], clock.now())
    assert done(admin) == [*STEPS]
    assert WELCOME not in page.get("/").text


def test_the_demo_is_marked_and_counts_in_no_step(page: Browser, admin: Caller, services: Services) -> None:
    demo_id = services.inventory.monitors.create(DEMO)["id"]
    services.inventory.pulls.hosts(demo_id)
    assert admin.get("/first-steps").json == {
        **dict.fromkeys(STEPS, False),
        "demo_monitor_id": demo_id,
        "monitor_id": None,
    }
    assert "What you see now is a demo" in page.get("/").text
    for path in ("/monitors", f"/monitors/{demo_id}"):
        assert "Simulated" in page.get(path).text, path


def test_the_demo_goes_with_all_that_it_brought(page: Browser, admin: Caller, services: Services) -> None:
    demo_id = services.inventory.monitors.create(DEMO)["id"]
    services.inventory.pulls.hosts(demo_id)
    services.inventory.pulls.items(demo_id)
    admin.post("/schedules", {"name": "s", "cron": "* * * * *", "task_type": "sync", "params": {"monitor_id": demo_id}})
    services.alerts.alerts.generate("generate_alerts:1", 6, None, 1)
    assert admin.get("/alerts").json["items"]
    answer = page.post("/demo/delete", page="/")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    for path in ("/monitors", "/hosts", "/items", "/schedules", "/machines", "/alerts"):
        assert admin.get(path).json["items"] == [], path
    assert page.post("/demo/delete", page="/").status == 303, "a second click does nothing"
    assert "The demo is removed" in page.get("/").text


def test_the_steps_can_be_hidden_but_not_on_an_empty_instance(page: Browser, services: Services) -> None:
    services.inventory.monitors.create(DEMO)
    page.post("/preferences", {"welcome": "hidden", "back": "/"}, page="/")
    assert WELCOME not in page.get("/").text
    page.post("/demo/delete", page="/monitors")
    assert WELCOME in page.get("/").text


def test_others_are_told_whom_to_ask(browse: Callable[[str], Browser], services: Services) -> None:
    viewer = browse("viewer")
    assert "Ask an administrator" in viewer.get("/").text and WELCOME not in viewer.get("/").text
    services.inventory.monitors.create(DEMO)
    assert "/demo/delete" not in viewer.get("/").text
    assert viewer.post("/demo/delete", page="/").status == 403


def test_a_new_monitor_is_pulled_from_then_on(page: Browser, services: Services) -> None:
    form = {"name": "zbx", "type": "simulator", "url": FLEET, "pull_every": "5", "check": "true", "verify": "true"}
    told = page.follow(page.post("/monitors", form)).text
    assert "Its first pull is on its way" in told
    [task] = services.ledger.tasks.list(PageRequest(), type=TaskType.SYNC).items
    assert (task["state"], task["monitor_id"]) == (TaskState.QUEUED, 1)
    [schedule] = services.ledger.schedules.list(PageRequest()).items
    assert (schedule["name"], schedule["cron"], schedule["monitor_id"]) == ("zbx", "*/5 * * * *", 1)
    page.post("/monitors", {**form, "name": "other", "pull_every": ""})
    assert len(services.ledger.schedules.list(PageRequest()).items) == 1


def test_a_connection_is_tested_before_it_is_saved(page: Browser, admin: Caller, services: Services) -> None:
    form = {"name": "p", "type": "simulator", "url": FLEET, "pull_every": "5", "check": "true"}
    told = page.post("/monitors/test", form, headers={"HX-Request": "true"}).text
    assert "It works: version" in told and "<html" not in told
    gone = {**form, "type": "prometheus", "url": "http://127.0.0.1:9"}
    told = page.post("/monitors/test", gone, headers={"Referer": "http://localhost/monitors"}).text
    assert "It does not work" in told and 'value="http://127.0.0.1:9"' in told and "<h1>Monitors</h1>" in told
    assert services.inventory.monitors.list(PageRequest()).items == []
    wrong = page.post("/monitors/test", {**form, "url": "nowhere"}, headers={"HX-Request": "true"})
    assert (wrong.status, 'data-field="url"' in wrong.text) == (422, True)


def test_changes_are_tested_before_they_are_saved(page: Browser, admin: Caller, services: Services) -> None:
    monitor = {"name": "p", "type": "prometheus", "url": "http://127.0.0.1:9", "http_username": "u"}
    services.inventory.monitors.create({**monitor, "http_password": "hunter22"})
    changes = {"url": "http://127.0.0.1:10"}
    refused = admin.post("/monitors/1/check-changes", changes)
    assert (refused.status, [*refused.json["errors"]]) == (422, ["http_password"]), "it would get the stored password"
    told = admin.post("/monitors/1/check-changes", {**changes, "http_password": "x"}).json
    assert told["ok"] is False and told["error"]
    text = page.post("/monitors/1/test", {"timeout_s": "5"}, headers={"HX-Request": "true"}, page="/monitors/1").text
    assert "It does not work" in text
    assert services.inventory.monitors.get(1)["url"] == monitor["url"]


def test_an_empty_list_leads_to_its_first_entry(page: Browser, browse: Callable[[str], Browser]) -> None:
    for path in ("/monitors", "/heartbeats", "/channels", "/teams", "/notifications", "/routes", "/escalations"):
        link = re.search(r'href="\?open=([a-z-]+)"', page.get(path).text)
        assert link and f'<dialog id="{link[1]}"' in page.get(f"{path}?open={link[1]}").text, path
        assert "?open=" not in browse("viewer").get(path).text, path
