"""What requests of chat services say, and which are none of theirs. The services' own libraries judge the fakes too."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.signature import SignatureVerifier

from app.enums import ChannelKind
from app.rules.chat import lark, slack, telegram
from app.rules.chat.clicks import Click, NotSigned, PageAction, Unreadable, click_of
from tests.unit.channels.chat import fake_lark
from tests.unit.channels.chat.fake_lark import ENCRYPT_KEY, PERSON, VERIFICATION_TOKEN, FakeLark
from tests.unit.channels.chat.fake_slack import CHANNEL, SIGNING_SECRET, FakeSlack
from tests.unit.channels.chat.fake_telegram import CHAT, SECRET_TOKEN, FakeTelegram

Signed = tuple[bytes, dict[str, str]]


def now() -> datetime:
    return datetime.now(UTC)


def slack_click(name: str = "wang.wei", at: float | None = None) -> Signed:
    fake = FakeSlack()
    button = {"type": "button", "action_id": "acknowledge", "value": "17"}
    fake.messages[CHANNEL, "1.1"] = {"text": "", "blocks": [{"type": "actions", "elements": [button]}]}
    return fake.click("1.1", "acknowledge", name, at)


def telegram_click(**person: str) -> Signed:
    fake = FakeTelegram()
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "resolve:17"}]]}
    fake.messages[CHAT, 1] = {"message_id": 1, "chat": {"id": CHAT}, "reply_markup": keyboard}
    return fake.click(1, "resolve", **person)


def lark_click(key: str = ENCRYPT_KEY) -> Signed:
    fake = FakeLark()
    button = {"tag": "button", "value": {"action": "acknowledge", "page": 17}}
    fake.cards["om_1"] = {"elements": [{"tag": "action", "actions": [button]}]}
    return fake.click("om_1", "acknowledge", key)


def posted(signed: Signed) -> lark.Posted:
    body, headers = signed
    names = ("X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature")
    return lark.Posted(body, *(headers.get(name, "") for name in names))


def test_a_click_in_slack_is_read() -> None:
    body, headers = slack_click()
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers)
    assert slack.is_signed(SIGNING_SECRET, *_slack(headers), body, now())
    assert slack.read(body) == Click(PageAction.ACKNOWLEDGE, 17, "wang.wei (Slack)", CHANNEL, "U012AB3CD")


def _slack(headers: dict[str, str]) -> tuple[str, str]:
    return headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]


@pytest.mark.parametrize("age_s", [301, -301, 1_000_000])
def test_an_old_request_of_slack_is_none(age_s: float) -> None:
    body, headers = slack_click(at=time.time() - age_s)
    assert not slack.is_signed(SIGNING_SECRET, *_slack(headers), body, now())


def test_a_request_that_was_changed_or_signed_otherwise_is_none_of_slack() -> None:
    body, headers = slack_click()
    timestamp, signature = _slack(headers)
    assert not slack.is_signed("another", timestamp, signature, body, now())
    assert not slack.is_signed(SIGNING_SECRET, timestamp, signature, body + b"&a=b", now())
    assert not slack.is_signed(SIGNING_SECRET, str(int(timestamp) + 1), signature, body, now())
    for nonsense in ("", "x", "²", "-1", "1e9", "9" * 400, "é"):
        assert not slack.is_signed(SIGNING_SECRET, nonsense, signature, body, now())
        assert not slack.is_signed(SIGNING_SECRET, timestamp, nonsense, body, now())


def test_a_click_in_telegram_is_read_and_answered() -> None:
    body, headers = telegram_click()
    assert telegram.is_signed(SECRET_TOKEN, headers["X-Telegram-Bot-Api-Secret-Token"])
    assert not telegram.is_signed(SECRET_TOKEN, "") and not telegram.is_signed(SECRET_TOKEN, "é")
    click, query_id = telegram.read(body)
    assert click == Click(PageAction.RESOLVE, 17, "伟 王 (Telegram)", str(CHAT), "987654321")
    answer = telegram.answer(query_id, "文" * 500)
    assert answer["callback_query_id"] == "4382bfdwdsb323b2d9" and len(answer["text"]) == 200
    named, _ = telegram.read(telegram_click(first_name="Wei", username="weiwang")[0])
    assert named.username == "@weiwang (Telegram)"


@pytest.mark.parametrize("key", [ENCRYPT_KEY, ""])
def test_a_click_in_lark_is_read(key: str) -> None:
    callback = lark.open_callback(posted(lark_click(key)), key, VERIFICATION_TOKEN, now())
    assert lark.read(callback) == Click(PageAction.ACKNOWLEDGE, 17, f"{PERSON} (Lark)", fake_lark.CHAT, PERSON)


@pytest.mark.parametrize("key", [ENCRYPT_KEY, ""])
def test_lark_asks_whether_this_is_the_right_address(key: str) -> None:
    callback = lark.open_callback(posted(fake_lark.challenge(key=key)), key, VERIFICATION_TOKEN, now())
    assert (callback["type"], callback["challenge"]) == (lark.CHALLENGE, "ajls384kdjx98XX")
    with pytest.raises(NotSigned):
        lark.open_callback(posted(fake_lark.challenge("another token", key)), key, VERIFICATION_TOKEN, now())


def test_a_callback_that_was_changed_or_signed_otherwise_is_none_of_lark() -> None:
    body, headers = lark_click()
    whole = posted((body, headers))
    for wrong in (
        posted((body, {**headers, "X-Lark-Signature": "0" * 64})),
        posted((body, {**headers, "X-Lark-Request-Nonce": "1"})),
        posted((body, {**headers, "X-Lark-Request-Timestamp": str(int(time.time()) - 301)})),
        posted((body, {"Content-Type": "application/json"})),
        posted(lark_click("")),
        posted((b"{}", headers)),
        posted((b'{"encrypt": "AAAA"}', headers)),
        posted((b'{"encrypt": 7}', headers)),
        posted((b"[" * 100_000, headers)),
        posted((b"\xff", headers)),
    ):
        with pytest.raises(NotSigned):
            lark.open_callback(wrong, ENCRYPT_KEY, VERIFICATION_TOKEN, now())
    for key, token in (("another", VERIFICATION_TOKEN), ("", VERIFICATION_TOKEN), (ENCRYPT_KEY, "another")):
        with pytest.raises(NotSigned):
            lark.open_callback(whole, key, token, now())
    late = fake_lark.sign({"header": {"token": VERIFICATION_TOKEN}}, at=time.time() - 301)
    with pytest.raises(NotSigned):
        lark.open_callback(posted(late), ENCRYPT_KEY, VERIFICATION_TOKEN, now())


NO_CLICKS: list[Any] = [
    *({}, [], None, "text", 7, {"type": "block_actions"}, {"type": "view_submission", "actions": [{}]}),
    *({"callback_query": {"id": "1"}}, {"message": {"text": "/start"}}, {"callback_query": {"data": "x"}}),
    {"type": "block_actions", "actions": [{"action_id": "other", "value": "1"}], "user": {"id": "U"}, "channel": {}},
    {"header": {"event_type": "im.message.receive_v1"}, "event": {}},
    {"header": {"event_type": "card.action.trigger"}, "event": {"operator": {"open_id": "ou"}, "action": {"value": 1}}},
]


@pytest.mark.parametrize("payload", NO_CLICKS)
@pytest.mark.parametrize(
    "read",
    [
        lambda payload: slack.read(urlencode({"payload": json.dumps(payload)}).encode()),
        lambda payload: telegram.read(json.dumps(payload).encode()),
        lambda payload: lark.read(payload),
    ],
)
def test_what_is_no_click_is_not_read(read: Callable[[Any], Any], payload: Any) -> None:
    with pytest.raises(Unreadable):
        read(payload)


@pytest.mark.parametrize(
    "body", [b"", b"payload=", b"payload=%7B", b"\xff", b"a=1&" * 50, b"payload=" + b"[" * 100_000]
)
def test_what_is_no_text_is_not_read(body: bytes) -> None:
    with pytest.raises(Unreadable):
        slack.read(body)
    with pytest.raises(Unreadable):
        telegram.read(body.removeprefix(b"payload="))


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "1.5", "9" * 30, "²", None, True, 1.0, 2**70, [1]])
def test_a_page_is_a_number(page: Any) -> None:
    with pytest.raises(Unreadable):
        click_of(ChannelKind.SLACK, "resolve", page, "Anna", "C")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna", "Anna (Slack)"),
        ("", "somebody (Slack)"),
        ("Anna (Slack)\nadmin\u202e", "Anna Slack admin (Slack)"),
        ("名" * 200, "名" * 47 + "… (Slack)"),
    ],
)
def test_a_name_cannot_be_taken_for_another(name: str, shown: str) -> None:
    click = click_of(ChannelKind.SLACK, "resolve", "1", name, "C")
    assert click.username == shown and len(shown) <= 64


def test_lark_s_own_library_opens_what_the_fake_encrypts() -> None:
    from lark_oapi.core.utils import AESCipher

    from app.channels.chat import lark_library  # noqa: F401 - the library without its 10,000 modules

    opened = json.loads(AESCipher(ENCRYPT_KEY).decrypt_str(json.loads(lark_click()[0])["encrypt"]))
    assert opened["header"]["event_type"] == lark.CLICK
