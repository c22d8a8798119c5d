"""Messages to fakes of the three services by their own libraries, in the process that sends."""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.channels.chat import CHATS, service
from app.channels.outgoing import ChannelSender, Outgoing
from app.channels.preloaded import end_idle
from app.channels.sender import Delivery, Message, Outcome, PageActions, Sender
from app.enums import ChannelKind, Language
from tests.unit.channels.chat import fake_lark, fake_slack, fake_telegram
from tests.unit.channels.chat.fake_lark import FakeLark
from tests.unit.channels.chat.fake_slack import FakeSlack
from tests.unit.channels.chat.fake_telegram import FakeTelegram

Serve = Callable[[Callable[[Any], None]], str]

SLACK, TELEGRAM, LARK = ChannelKind.SLACK, ChannelKind.TELEGRAM, ChannelKind.LARK
SETTINGS = {SLACK: fake_slack.SETTINGS, TELEGRAM: fake_telegram.SETTINGS, LARK: fake_lark.SETTINGS}
PATHS = {SLACK: "/api", TELEGRAM: "", LARK: ""}
PAGE = Message("严重：<!channel> 数据库", "line & <one>\n磁盘空间不足 💾", "failure", PageActions(17))
DONE = Message("严重：数据库", "acknowledged by Anna", "info")


def chat(kind: ChannelKind, served: str) -> Any:
    return CHATS[kind]({**SETTINGS[kind], "base_url": served + PATHS[kind]})


def outgoing(kind: ChannelKind, message: Message = PAGE, key: str = "page-17-1") -> Outgoing:
    return Outgoing(kind, "", message, key)


def answering(kind: ChannelKind, respond: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a service whose messages are answered by `respond`; it still gives out tokens."""

    def answer(request: Any) -> None:
        if "tenant_access_token" in request.path:
            FakeLark().respond(request)
        else:
            respond(request)

    return answer


def test_slack_gets_a_message_with_buttons_that_go_away(serve: Serve) -> None:
    slack = FakeSlack()
    channel = chat(SLACK, serve(slack.respond))
    delivery = channel.send(outgoing(SLACK))
    assert delivery.outcome is Outcome.SENT, delivery
    stamp = delivery.receipt["message_id"]
    assert delivery.receipt["chat"] == fake_slack.CHANNEL
    message = slack.messages[fake_slack.CHANNEL, stamp]
    assert [(each["action_id"], each["value"]) for each in fake_slack.buttons(message)] == [
        ("acknowledge", "17"),
        ("resolve", "17"),
    ]
    assert "<!channel>" not in message["text"]
    assert {block["text"]["type"] for block in message["blocks"] if "text" in block} == {"plain_text"}
    assert channel.update(delivery.receipt, DONE).outcome is Outcome.SENT
    changed = slack.messages[fake_slack.CHANNEL, stamp]
    assert fake_slack.buttons(changed) == [] and "by Anna" in changed["text"]


def test_telegram_gets_a_message_with_buttons_that_go_away(serve: Serve) -> None:
    telegram = FakeTelegram()
    channel = chat(TELEGRAM, serve(telegram.respond))
    delivery = channel.send(outgoing(TELEGRAM))
    assert delivery == Delivery(Outcome.SENT, None, {"chat": str(fake_telegram.CHAT), "message_id": 1})
    message = telegram.messages[fake_telegram.CHAT, 1]
    assert message["text"] == f"{PAGE.title}\n\n{PAGE.body}"
    assert [each["callback_data"] for each in fake_telegram.buttons(message)] == ["acknowledge:17", "resolve:17"]
    for _ in range(2):
        assert channel.update(delivery.receipt, DONE).outcome is Outcome.SENT
    changed = telegram.messages[fake_telegram.CHAT, 1]
    assert fake_telegram.buttons(changed) == [] and "by Anna" in changed["text"]
    assert telegram.methods == ["sendMessage", "editMessageText", "editMessageText"]


def test_lark_gets_a_card_with_buttons_that_go_away(serve: Serve) -> None:
    lark = FakeLark()
    channel = chat(LARK, serve(lark.respond))
    delivery = channel.send(outgoing(LARK))
    assert delivery.outcome is Outcome.SENT, delivery
    message_id = delivery.receipt["message_id"]
    values = [each["value"] for each in fake_lark.buttons(lark.cards[message_id])]
    assert values == [{"action": "acknowledge", "page": 17}, {"action": "resolve", "page": 17}]
    assert lark.cards[message_id]["header"]["template"] == "red"
    assert channel.update(delivery.receipt, DONE).outcome is Outcome.SENT
    assert fake_lark.buttons(lark.cards[message_id]) == []


@pytest.mark.usefixtures("forked_chats")
def test_an_attempt_that_is_repeated_has_the_same_key(serve: Serve) -> None:
    lark, slack = FakeLark(), FakeSlack()
    first, second = (chat(LARK, serve(lark.respond)).send(outgoing(LARK)) for _ in range(2))
    assert first == second and len(lark.cards) == 1
    for key in ("a", "a", "b"):
        chat(SLACK, serve(slack.respond)).send(outgoing(SLACK, key=key))
    assert slack.keys[0] == slack.keys[1] != slack.keys[2]


@pytest.mark.usefixtures("forked_chats")
def test_buttons_have_the_language_of_the_channel_and_only_what_can_be_done(serve: Serve) -> None:
    slack = FakeSlack()
    actions = PageActions(5, can_be_acknowledged=False, language=Language.CHINESE)
    message = Message("标题", "正文", "warning", actions)
    assert chat(SLACK, serve(slack.respond)).send(outgoing(SLACK, message)).outcome is Outcome.SENT
    [(_, sent)] = slack.messages.items()
    assert [each["text"]["text"] for each in fake_slack.buttons(sent)] == ["解决"]


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.usefixtures("forked_chats")
def test_a_long_message_is_shortened_to_what_the_service_takes(serve: Serve, kind: ChannelKind) -> None:
    fake: Any = {SLACK: FakeSlack, TELEGRAM: FakeTelegram, LARK: FakeLark}[kind]()
    message = Message("严重 💾" * 100, "行 💾\n" * 3000, "failure", PageActions(1))
    assert chat(kind, serve(fake.respond)).send(outgoing(kind, message)).outcome is Outcome.SENT
    if kind is TELEGRAM:
        assert len(fake.messages[fake_telegram.CHAT, 1]["text"].encode("utf-16-le")) // 2 <= 4096


@pytest.mark.parametrize(
    ("kind", "setting", "value", "reason"),
    [
        (SLACK, "token", "xoxb-another-token", "Slack answered: invalid_auth"),
        (TELEGRAM, "token", "987654321:" + "A" * 35, "the receiver returned HTTP 401: Unauthorized"),
        (TELEGRAM, "chat_id", "-5", "the receiver returned HTTP 400: Chat not found"),
        (LARK, "app_secret", "x" * 24, "Lark answered: 10014 app secret invalid"),
        (LARK, "chat_id", "oc_other", "Lark answered: 230002 Bot/User can NOT be out of the chat."),
    ],
)
@pytest.mark.usefixtures("forked_chats")
def test_what_a_service_says_is_the_reason(
    serve: Serve, kind: ChannelKind, setting: str, value: str, reason: str
) -> None:
    fake: Any = {SLACK: FakeSlack, TELEGRAM: FakeTelegram, LARK: FakeLark}[kind]()
    address = serve(fake.respond) + PATHS[kind]
    channel = CHATS[kind]({**SETTINGS[kind], "base_url": address, setting: value})
    assert channel.send(outgoing(kind)) == Delivery(Outcome.FAILED, reason)


@pytest.mark.parametrize(
    ("kind", "body", "headers"),
    [
        (SLACK, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}),
        (
            TELEGRAM,
            {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 30}},
            {},
        ),
        (TELEGRAM, b"busy", {"Retry-After": "30"}),
        (LARK, {"code": 99991400, "msg": "request trigger frequency limit"}, {"x-ogw-ratelimit-reset": "30"}),
        (LARK, b"busy", {"Retry-After": "30"}),
    ],
)
@pytest.mark.usefixtures("forked_chats")
def test_a_service_that_asks_to_wait_is_waited_for(
    serve: Serve, kind: ChannelKind, body: object, headers: Mapping[str, str]
) -> None:
    served = serve(answering(kind, lambda request: request.answer(body, 429, headers)))
    delivery = chat(kind, served).send(outgoing(kind))
    assert (delivery.outcome, delivery.retry_after_s) == (Outcome.FAILED, 30.0)


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.parametrize("status", [302, 500, 503])
@pytest.mark.usefixtures("forked_chats")
def test_an_error_of_the_service_is_a_failure(serve: Serve, kind: ChannelKind, status: int) -> None:
    words = f"{SETTINGS[kind].get('token', fake_lark.APP_SECRET)} is wrong".encode()
    served = serve(answering(kind, lambda request: request.answer(words, status)))
    assert chat(kind, served).send(outgoing(kind)) == Delivery(Outcome.FAILED, f"the receiver returned HTTP {status}")


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.usefixtures("forked_chats")
def test_whether_a_garbled_answer_means_that_it_arrived_is_not_known(serve: Serve, kind: ChannelKind) -> None:
    delivery = chat(kind, serve(answering(kind, lambda request: request.answer(b"<html>")))).send(outgoing(kind))
    assert delivery == Delivery(Outcome.UNCERTAIN, "the receiver's answer cannot be read")


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.usefixtures("forked_chats")
def test_whether_a_broken_connection_means_that_it_arrived_is_not_known(serve: Serve, kind: ChannelKind) -> None:
    delivery = chat(kind, serve(answering(kind, lambda request: request.reset()))).send(outgoing(kind))
    assert delivery == Delivery(Outcome.UNCERTAIN, "the receiver accepted the connection but did not respond")


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.usefixtures("forked_chats")
def test_a_service_that_drips_is_not_waited_for(
    serve: Serve, kind: ChannelKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LIMIT_S", 4)

    def drip(request: Any) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not request.over.wait(0.1):
            request.send(b" ")

    delivery = chat(kind, serve(answering(kind, drip))).send(outgoing(kind))
    assert delivery == Delivery(Outcome.UNCERTAIN, "the receiver accepted the connection but did not respond")


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.usefixtures("forked_chats")
def test_a_service_that_cannot_be_reached_has_not_taken_it(kind: ChannelKind) -> None:
    assert chat(kind, "http://127.0.0.1:9").send(outgoing(kind)) == Delivery(
        Outcome.FAILED, "cannot connect to the receiver"
    )


@pytest.mark.usefixtures("forked_chats")
def test_no_token_for_lark_means_that_nothing_was_sent(serve: Serve) -> None:
    delivery = chat(LARK, serve(lambda request: request.reset())).send(outgoing(LARK))
    assert delivery.outcome is Outcome.FAILED


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.parametrize("is_packed", [False, True])
def test_an_answer_without_end_costs_no_memory(serve: Serve, kind: ChannelKind, is_packed: bool) -> None:
    """700 MB as they are, and 700 MB that travel as less than one."""

    def respond(request: Any) -> None:
        packing = zlib.compressobj(9, zlib.DEFLATED, 31)
        encoding = b"Content-Encoding: gzip\r\n" if is_packed else b""
        request.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + encoding + b"\r\n")
        for _ in range(700):
            chunk = b" " * 1024 * 1024
            try:
                request.send(packing.compress(chunk) if is_packed else chunk)
            except OSError:
                break

    delivery = chat(kind, serve(answering(kind, respond))).send(outgoing(kind))
    # On a busy machine the time is over before the end of the packed answer.
    assert delivery.outcome is Outcome.UNCERTAIN


def test_the_environments_proxy_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    proxy = serve(lambda request: asked.append(request.path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    # The next one starts with this environment.
    end_idle()
    for kind, fake in ((SLACK, FakeSlack()), (TELEGRAM, FakeTelegram()), (LARK, FakeLark())):
        assert chat(kind, serve(fake.respond)).send(outgoing(kind)).outcome is Outcome.SENT
    assert asked == []


@pytest.mark.parametrize("kind", list(CHATS))
@pytest.mark.usefixtures("forked_chats")
def test_a_name_that_is_resolved_to_a_forbidden_address_is_refused(kind: ChannelKind) -> None:
    channel = chat(kind, "http://metadata.invalid")
    # As if it had been resolved to that.
    channel._settings["base_url"] = "http://169.254.169.254"
    delivery = channel.send(outgoing(kind))
    assert delivery.outcome is Outcome.FAILED
    assert delivery.reason is not None and "link-local" in delivery.reason


@pytest.mark.usefixtures("forked_chats")
def test_any_channel_is_sent_to_by_its_kind(serve: Serve) -> None:
    telegram = FakeTelegram()
    address = CHATS[TELEGRAM]({**fake_telegram.SETTINGS, "base_url": serve(telegram.respond)})
    sender, sealed = ChannelSender(Sender(), CHATS), json.dumps(address._settings)
    delivery = sender.send(Outgoing(TELEGRAM, sealed, PAGE, "k"))
    assert delivery.receipt is not None
    assert sender.update(TELEGRAM, sealed, delivery.receipt, DONE).outcome is Outcome.SENT
    assert "by Anna" in telegram.messages[fake_telegram.CHAT, 1]["text"]
