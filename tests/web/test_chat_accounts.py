"""Accounts in chats over HTTP, and on the page of a user's contact methods."""

from collections.abc import Callable

import pytest

from app import clock
from app.composition import Services
from app.enums import ChannelKind
from app.rules.chat.link_codes import code_of
from tests.unit.channels.chat import fake_slack
from tests.web.browser import Browser
from tests.web.caller import Caller

MINE = "/users/me/chat-accounts"
PERSON = "U012AB3CD"


@pytest.fixture
def channel_id(admin: Caller) -> int:
    made = admin.post("/channels", {"name": "ops", "kind": "slack", "settings": fake_slack.SETTINGS})
    return int(made.json["id"])


def code_for(services: Services, user_id: int) -> str:
    secret = services.settings.secret_key.get_secret_value()
    return code_of(secret, user_id, ChannelKind.SLACK, PERSON, clock.now())


def test_a_user_links_an_account_by_a_code(viewer: Caller, services: Services, channel_id: int) -> None:
    where = {"channel_id": channel_id, "external_id": PERSON}
    queued = viewer.post(f"{MINE}/code", where)
    assert (queued.status, queued.json["channel_id"]) == (202, channel_id)
    assert PERSON not in str(viewer.get(f"/tasks/{queued.json['task_id']}").json)
    wrong = viewer.post(MINE, {**where, "code": "AAAAAAAAAA"})
    assert (wrong.status, [*wrong.json["errors"]]) == (422, ["code"])
    me = viewer.get("/auth/me").json["id"]
    made = viewer.post(MINE, {**where, "code": code_for(services, me)})
    assert (made.status, made.json["external_id"], made.json["kind"]) == (201, PERSON, "slack")
    assert viewer.get(MINE).json["items"] == [made.json]
    assert viewer.delete(f"{MINE}/{made.json['id']}").status == 204
    assert viewer.delete(f"{MINE}/{made.json['id']}").status == 404


def test_an_admin_links_an_account_without_a_code(admin: Caller, operator: Caller) -> None:
    user_id = operator.get("/auth/me").json["id"]
    path = f"/users/{user_id}/chat-accounts"
    made = admin.post(path, {"kind": "slack", "external_id": PERSON})
    assert made.status == 201
    assert operator.get(MINE).json["items"] == admin.get(path).json["items"] == [made.json]
    assert admin.post(path, {"kind": "slack", "external_id": PERSON}).status == 409
    assert admin.post(path, {"kind": "apprise", "external_id": PERSON}).status == 422
    assert operator.post(path, {"kind": "slack", "external_id": "U0OTHER"}).status == 403
    assert admin.get("/users/999999/chat-accounts").status == 404
    [entry] = admin.get("/audit?object_type=chat_account").json["items"]
    assert (entry["username"], entry["after"]["user_id"]) == ("admin", user_id)
    assert admin.delete(f"{path}/{made.json['id']}").status == 204


def test_the_page_asks_for_the_id_then_for_the_code(
    browse: Callable[[str], Browser], viewer: Caller, services: Services, channel_id: int
) -> None:
    browser, where = browse("viewer"), {"channel_id": channel_id, "external_id": PERSON}
    assert "f-link-code" not in browser.get("/contact-methods").text
    page = browser.follow(browser.post("/chat-accounts/code", where, page="/contact-methods"))
    assert f'value="{PERSON}"' in page.text and "f-link-code" in page.text
    code = code_for(services, viewer.get("/auth/me").json["id"])
    linked = browser.follow(browser.post("/chat-accounts", {**where, "code": code}, page="/contact-methods"))
    assert f"<code>{PERSON}</code>" in linked.text
    [account] = viewer.get(MINE).json["items"]
    browser.post(f"/chat-accounts/{account['id']}/delete", page="/contact-methods")
    assert viewer.get(MINE).json["items"] == []


def test_an_admin_adds_and_removes_them_on_the_page_of_a_user(
    browse: Callable[[str], Browser], operator: Caller
) -> None:
    user_id = operator.get("/auth/me").json["id"]
    base, browser = f"/users/{user_id}", browse("admin")
    page = f"{base}/contact-methods"
    form = {"kind": "slack", "external_id": PERSON}
    linked = browser.follow(browser.post(f"{base}/chat-accounts", form, page=page))
    assert f"<code>{PERSON}</code>" in linked.text
    [account] = operator.get(MINE).json["items"]
    browser.follow(browser.post(f"{base}/chat-accounts/{account['id']}/delete", page=page))
    assert operator.get(MINE).json["items"] == []
    refused = browse("operator").post(f"{base}/chat-accounts", form)
    assert refused.status == 403


def test_a_channel_says_who_may_answer(
    admin: Caller, services: Services, browse: Callable[[str], Browser], channel_id: int
) -> None:
    path = f"/channels/{channel_id}"
    refused = admin.patch(path, {"settings": {"unlinked_may_answer": "maybe"}})
    assert [*refused.json["errors"]] == ["settings.unlinked_may_answer"]
    assert admin.patch(path, {"settings": {"unlinked_may_answer": "false"}}).status == 200
    [stored] = services.paging.chat_clicks._channels(ChannelKind.SLACK)
    assert stored.settings == {**fake_slack.SETTINGS, "unlinked_may_answer": "false"}
    # Another address of the service would be sent the token.
    elsewhere = {"unlinked_may_answer": "true", "base_url": "https://elsewhere.example/"}
    assert admin.patch(path, {"settings": elsewhere}).status == 422
    assert admin.get("/audit?object_type=channel").json["items"][0]["after"] == {"unlinked_may_answer": "false"}
    browser = browse("admin")
    assert '<select id="f-slack-unlinked_may_answer"' in browser.get(path).text
    kept = {"name": "ops", "language": "en", "timezone": "UTC", "delivery": "at_least_once"}
    browser.follow(browser.post(path, {**kept, "settings.slack.unlinked_may_answer": "true"}, page=path))
    [stored] = services.paging.chat_clicks._channels(ChannelKind.SLACK)
    assert stored.settings["unlinked_may_answer"] == "true"
