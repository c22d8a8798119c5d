"""What chat services call, over HTTP: signed requests are taken, all others are told nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.composition import Services
from app.store.database.pages import PageRequest
from app.web.api.chat import MAX_BYTES
from tests.unit.channels.chat import fake_lark, fake_slack, fake_telegram
from tests.unit.channels.chat.fake_slack import FakeSlack
from tests.unit.connectors.conftest import serve as serve
from tests.unit.rules.chat.test_clicks import lark_click, slack_click, telegram_click
from tests.web.browser import Browser
from tests.web.caller import Caller

Serve = Callable[[Callable[[Any], None]], str]
Post = Callable[..., TestResponse]
SETTINGS = {"slack": fake_slack.SETTINGS, "telegram": fake_telegram.SETTINGS, "lark": fake_lark.SETTINGS}


@pytest.fixture
def channels(admin: Caller) -> dict[str, int]:
    """Return a channel of each kind, by kind."""
    found = {}
    for kind, settings in SETTINGS.items():
        made = admin.post("/channels", {"name": kind, "kind": kind, "settings": settings})
        assert made.status == 201, made.json
        assert not any(value in made.text for value in settings.values())
        found[kind] = made.json["id"]
    return found


@pytest.fixture
def post(app: Flask) -> Iterator[Post]:
    client = app.test_client()
    yield lambda path, body, headers: client.post(f"/api/v1/chat/{path}", data=body, headers=headers)


def test_a_click_in_slack_is_taken_and_what_is_not_done_is_told_by_a_task(
    admin: Caller, services: Services, post: Post, serve: Serve
) -> None:
    slack = FakeSlack()
    settings = {**fake_slack.SETTINGS, "base_url": serve(slack.respond)}
    assert admin.post("/channels", {"name": "x", "kind": "slack", "settings": settings}).status == 201
    answer = post("slack", *slack_click())
    assert (answer.status_code, answer.json) == (200, {})
    [task] = admin.get("/tasks?type=answer_chat").json["items"]
    assert "U012AB3CD" not in str(task) and "nagare has not" not in str(task)
    claim = services.ledger.lifecycle.begin(task["task_id"], "worker")
    assert claim is not None
    assert services.contacts.chat_answers.send(**claim.params) == {"sent": 1}
    assert slack.whispered == [(fake_slack.CHANNEL, "U012AB3CD", "nagare has not sent this page to this chat.")]


def test_a_click_in_telegram_is_answered(channels: dict[str, int], post: Post) -> None:
    answer = post(f"telegram/{channels['telegram']}", *telegram_click())
    assert answer.status_code == 200 and answer.json is not None
    assert answer.json["text"] == "nagare has not sent this page to this chat."


def test_a_callback_of_lark_is_answered(channels: dict[str, int], post: Post) -> None:
    assert post("lark", *fake_lark.challenge()).json == {"challenge": "ajls384kdjx98XX"}
    answer = post("lark", *lark_click()).json
    assert answer == {"toast": {"type": "warning", "content": "nagare has not sent this page to this chat."}}


@pytest.mark.parametrize("path", ["slack", "telegram/{}", "lark"])
@pytest.mark.parametrize("body", [b"", b"{}", b"payload=%7B%7D", b"\xff" * 100, b"[" * 200_000])
def test_a_request_of_anybody_else_is_refused_alike(
    channels: dict[str, int], post: Post, path: str, body: bytes
) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
        answer = post(path.format(channels["telegram"]), body, {"Content-Type": kind})
        assert answer.status_code == 401 and answer.json is not None
        assert answer.json["detail"] == "This is no request of a chat service that nagare knows, or it is too old."
    assert post("telegram/999999", *telegram_click()).status_code == 401


@pytest.mark.parametrize("path", ["slack", "telegram/1", "lark"])
def test_a_body_that_no_service_sends_is_not_read(post: Post, path: str) -> None:
    assert post(path, b"x" * (MAX_BYTES + 1), {}).status_code == 413


def test_settings_that_are_wrong_are_named_and_not_repeated(admin: Caller) -> None:
    settings = {**fake_slack.SETTINGS, "token": "xoxp!s3cr3t"}
    refused = admin.post("/channels", {"name": "x", "kind": "slack", "settings": settings})
    assert refused.status == 422 and [*refused.json["errors"]] == ["settings.token"]
    assert "s3cr3t" not in refused.text
    there = {**fake_lark.SETTINGS, "base_url": "http://169.254.169.254"}
    refused = admin.post("/channels", {"name": "x", "kind": "lark", "settings": there})
    assert refused.status == 422 and [*refused.json["errors"]] == ["settings.base_url"]


def test_the_form_of_a_channel_has_the_settings_of_each_chat(
    browse: Callable[[str], Browser], services: Services
) -> None:
    admin = browse("admin")
    page = admin.get("/channels").text
    for kind, settings in SETTINGS.items():
        assert all(f'name="settings.{kind}.{name}"' in page for name in settings)
    before, _, _ = page.partition('id="f-slack-token"')
    assert before.rpartition("<div")[0].rpartition("<div")[2].startswith(' class="secret"')
    form = {"name": "运维群", "kind": "slack", "language": "zh", "timezone": "UTC", "delivery": "at_least_once"}
    filled = {f"settings.slack.{name}": value for name, value in SETTINGS["slack"].items()}
    others = {"url": "", "settings.lark.app_id": "", "settings.telegram.token": "of another kind"}
    refused = admin.post("/channels", {**form, **others, **filled, "settings.slack.token": "s3cr3t!"}, page="/channels")
    assert (refused.status, "Bot token" in refused.text, "s3cr3t!" in refused.text) == (422, True, False)
    assert "运维群" in admin.follow(admin.post("/channels", {**form, **others, **filled}, page="/channels")).text
    [channel] = services.contacts.channels.list(PageRequest()).items
    path = f"/channels/{channel['id']}"
    shown = admin.get(path).text
    assert fake_slack.TOKEN not in shown and "settings.lark.app_id" not in shown
    blank = dict.fromkeys(filled, "")
    kept = {name: value for name, value in form.items() if name != "kind"} | blank
    assert "新名" in admin.follow(admin.post(path, {**kept, "name": "新名"}, page=path)).text
    part = {**kept, "settings.slack.token": fake_slack.TOKEN}
    assert "Signing secret</strong>: Missing" in admin.post(path, part, page=path).text
