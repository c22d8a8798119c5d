"""What a form can try before it is saved: an address, a route's filters."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from app.composition import Services
from app.store.database.pages import PageRequest
from tests.services.response.receiver import SECRET, Receiver, Serve
from tests.unit.connectors.conftest import serve
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller

__all__ = ["serve"]

pytestmark = pytest.mark.usefixtures("forked_sender")

CHANNEL = {"name": "群", "kind": "apprise", "language": "zh", "timezone": "UTC", "delivery": "at_least_once"}
CHANGED = {"name": "new", "language": "en", "timezone": "UTC", "delivery": "at_least_once"}
ROUTE = {
    "name": "",
    "goes_to": "none",
    "parent_id": "",
    "match": "",
    "min_severity": "0",
    "monitor_id": "",
    "group": "",
}


@pytest.fixture
def page(browse: Callable[[str], Browser]) -> Browser:
    return browse("admin")


@pytest.fixture
def receiver(serve: Serve) -> Receiver:
    return Receiver(serve)


def test_an_address_is_tried_before_it_is_saved(page: Browser, receiver: Receiver, services: Services) -> None:
    told = page.post("/channels/try", {**CHANNEL, "url": receiver.url}, headers=HTMX).text
    assert "accepted the test message" in told and SECRET not in told
    assert [each["title"] for each in receiver.seen] == ["[nagare] 测试消息"]
    assert services.contacts.channels.list(PageRequest()).items == []
    receiver.respond = lambda request: request.answer(status=404)
    told = page.post("/channels/try", {**CHANNEL, "url": receiver.url}, headers=HTMX).text
    assert "was not accepted" in told and SECRET not in told
    missing = page.post("/channels/try", CHANNEL, headers=HTMX)
    assert (missing.status, '<li data-field="url">' in missing.text) == (422, True)


def test_without_a_script_the_form_stays_with_the_outcome(page: Browser, receiver: Receiver) -> None:
    referrer = {"Referer": "http://localhost/channels"}
    told = page.post("/channels/try", {**CHANNEL, "url": receiver.url}, headers=referrer).text
    assert "accepted the test message" in told and 'value="群"' in told and SECRET not in told
    assert re.search(r'<dialog id="add-channel"[^>]* open>', told)


def test_a_channel_is_tried_with_its_stored_address_or_another(
    page: Browser, admin: Caller, receiver: Receiver, serve: Serve
) -> None:
    channel = admin.post("/channels", {"name": "old", "url": receiver.url}).json
    assert admin.post(f"/channels/{channel['id']}/try", {}).json == {"outcome": "sent", "reason": None}
    other = Receiver(serve)
    page.post(f"/channels/{channel['id']}/try", CHANGED | {"url": other.url}, page="/channels")
    assert (len(receiver.seen), len(other.seen)) == (1, 1) and "new" in other.seen[0]["message"]
    assert admin.get(f"/channels/{channel['id']}").json["name"] == "old"
    method = admin.post("/users/me/contact-methods", {"name": "own", "url": receiver.url}).json
    assert admin.post(f"/channels/{method['id']}/try", {}).status == 404, "a person's address is not shared"


def test_a_notification_is_tried_before_it_is_saved(page: Browser, receiver: Receiver, services: Services) -> None:
    form = {"name": "", "url": receiver.url, "min_severity": "1", "on": "fired", "language": "en", "timezone": "UTC"}
    assert "accepted the test message" in page.post("/notifications/try", form, headers=HTMX).text
    assert len(receiver.seen) == 1 and services.response.notifications.list(PageRequest()).items == []


def test_what_a_notification_tells_is_chosen_in_its_form(page: Browser, receiver: Receiver, services: Services) -> None:
    form = {"name": "n", "url": receiver.url, "min_severity": "1", "language": "en", "timezone": "UTC"}
    page.post("/notifications", {**form, "on": ["", "fired", "resolved"]}, page="/notifications")
    [made] = services.response.notifications.list(PageRequest()).items
    assert sorted(made["on"]) == ["fired", "resolved"]
    edited = {**form, "url": "", "on": ["", "fired"]}
    page.post(f"/notifications/{made['id']}", edited, page="/notifications")
    assert services.response.notifications.get(made["id"])["on"] == ["fired"]
    none = page.post(f"/notifications/{made['id']}", {**form, "on": ""}, headers=HTMX, page="/notifications")
    assert (none.status, '<li data-field="on">' in none.text) == (422, True)


@pytest.mark.usefixtures("fleet")
def test_a_routes_form_says_what_it_would_match(page: Browser, admin: Caller, services: Services) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 6, None, 1)
    assert "Matches 6 now" in page.post("/routes/preview", ROUTE, page="/routes").text
    none = page.post("/routes/preview", {**ROUTE, "match": '{team="nobody"}'}, page="/routes").text
    assert "Matches 0 now" in none and "nothing" in none
    assert "Must have a matcher" in page.post("/routes/preview", {**ROUTE, "match": "{}"}, page="/routes").text
    above = {"name": "above", "target": "none", "match": '{team="nobody"}'}
    parent_id = admin.post("/routes", above).json["id"]
    assert admin.post("/routes/matches", {"min_severity": 0}).json["count"] == 6
    assert admin.post("/routes/matches", {"parent_id": parent_id}).json["count"] == 0
    assert [*admin.post("/routes/matches", {"parent_id": 999}).json["errors"]] == ["parent_id"]


def test_a_sources_mapping_is_tried_on_the_source(page: Browser, serve: Serve, services: Services) -> None:
    def respond(request: Any) -> None:
        request.answer({"data": [{"id": 1, "hostname": "db-01"}]})

    monitor = {"name": "cmdb", "type": "http_json", "url": serve(respond)}
    path = f"/monitors/{services.inventory.monitors.create(monitor)['id']}/mapping"
    hosts = {"path": "/servers", "list": "data", "fields": {"external_id": "id", "name": "hostname"}}
    told = page.post(f"{path}/check", {"mapping": json.dumps({"hosts": hosts})}, headers=HTMX, page=path).text
    assert "It works" in told
    gone = {**hosts, "list": "rows"}
    told = page.post(f"{path}/check", {"mapping": json.dumps({"hosts": gone})}, headers=HTMX, page=path).text
    assert "It does not work" in told
    assert services.inventory.mappings.get(1) == {}
    wrong = page.post(f"{path}/check", {"mapping": "{"}, headers=HTMX, page=path)
    assert (wrong.status, '<li data-field="mapping">' in wrong.text) == (422, True)
