"""Fields that offer what fits to what is typed, and what their texts mean."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from app.composition import Services
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from tests.web.browser import HTMX, Browser

TIMES = {"starts_at": "2030-01-02T03:04", "ends_at": "2030-01-02T04:04", "timezone": "", "repeat": ""}
EDITOR = Editor(1, "admin")


@pytest.fixture
def page(browse: Callable[[str], Browser], fleet: int) -> Browser:
    return browse("operator")


def values(page: Browser, kind: str, q: str) -> list[str]:
    found = re.findall(r'data-value="([^"]*)"', page.get(f"/pick/{kind}?q={q}").text)
    return [unescape(each) for each in found]


def rename(services: Services, host_id: int, name: str) -> None:
    services.inventory.inventory.edit_host(host_id, {"display_name": name}, EDITOR)


def test_hosts_are_offered_by_name_with_their_monitor(page: Browser, services: Services) -> None:
    rename(services, 1, '数据库"主 <b>')
    assert values(page, "hosts", "数据库") == ['数据库"主 <b> #1']
    assert values(page, "host-names", "数据库") == ['数据库"主 <b>']
    text = page.get("/pick/hosts?q=数据库").text
    assert services.inventory.monitors.get(1)["name"] in text and "<b>" not in text
    assert "Nothing fits" in page.get("/pick/hosts?q=nosuchhost").text
    assert 0 < len(values(page, "hosts", "")) <= 8


def test_alerts_and_time_zones_are_offered(page: Browser, services: Services) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 3, None, 1)
    found = values(page, "alerts", "")
    assert len(found) == 3 and all(re.search(r" #\d+$", each) for each in found)
    assert values(page, "zones", "shang") == ["Asia/Shanghai"]
    assert values(page, "zones", "new yo")[0] == "America/New_York"
    assert values(page, "zones", "utc")[0] == "UTC"
    assert page.get("/pick/passwords").status == 404


@pytest.mark.parametrize("text", ["2", "renamed #2", "renamed", " #2 "])
def test_a_window_is_for_the_host_that_was_picked(page: Browser, services: Services, text: str) -> None:
    rename(services, 2, "renamed")
    assert page.post("/maintenance", {**TIMES, "name": "w", "host_id": text}, page="/maintenance").status == 303
    [window] = services.maintenance.windows.list(PageRequest()).items
    assert window["host_id"] == 2
    assert 'value="renamed #2"' in page.get(f"/maintenance/{window['id']}").text
    page.post(f"/maintenance/{window['id']}", {**TIMES, "name": "w", "host_id": "", "monitor_id": "1"})
    assert services.maintenance.windows.get(window["id"])["host_id"] is None


def test_a_name_that_is_not_one_host_is_told_beside_the_field(page: Browser, services: Services) -> None:
    rename(services, 1, "twin")
    rename(services, 2, "twin")
    for text, told in (("twin", "Several have this name"), ("nosuchhost", "Nothing has this name")):
        form = {**TIMES, "name": "w", "host_id": text}
        answer = page.post("/maintenance", form, headers=HTMX, page="/maintenance")
        assert (answer.status, '<li data-field="host_id">' in answer.text, told in answer.text) == (422, True, True)


def test_a_route_is_tried_with_the_alert_that_was_picked(page: Browser, services: Services) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 1, None, 1)
    [value] = values(page, "alerts", "")
    answer = page.post("/routes/test", {"alert_id": value, "severity": "2", "labels": "", "host": ""}, page="/routes")
    assert "reaches nobody" in answer.text.lower() or "nobody" in answer.text.lower()
