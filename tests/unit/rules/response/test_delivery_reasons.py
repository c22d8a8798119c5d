"""Why a message was not sent, in the reader's language."""

import re
from pathlib import Path

import pytest

from app.enums import Language
from app.rules.response.delivery_reasons import TRANSLATIONS, delivery_reason_in

CHANNELS = Path(__file__).parents[4] / "app" / "channels"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("cannot connect to the receiver", "无法连接到接收方"),
        ("the message was not sent: the receiver returned HTTP 503", "消息未发出：接收方返回 HTTP 503"),
        ("it is unknown whether the message arrived: sending was interrupted", "不清楚消息是否送达：发送被中断"),
        ("Slack answered: channel_not_found", "Slack 的应答：channel_not_found"),
        ("words of a service\nin two lines", "words of a service\nin two lines"),
        ("", ""),
    ],
)
def test_a_reason_is_translated_with_what_it_names(english: str, chinese: str) -> None:
    assert delivery_reason_in(Language.CHINESE, english) == chinese
    assert delivery_reason_in(Language.ENGLISH, english) == english


def test_every_reason_of_the_senders_has_a_translation() -> None:
    written = "\n".join(path.read_text() for path in CHANNELS.rglob("*.py"))
    said = re.findall(r'"((?:the (?:receiver|service|process|address)|cannot connect|Telegram asks)[^"{}]*)"', written)
    assert len(said) > 8
    assert [each for each in said if delivery_reason_in(Language.CHINESE, each) == each] == []


def test_both_sides_name_the_same_things() -> None:
    for english, chinese in TRANSLATIONS.items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), english
