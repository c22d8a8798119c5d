"""What settings a chat channel may have, and that no error repeats one."""

from typing import Any

import pytest

from app.channels.chat import CHATS
from app.enums import ChannelKind
from app.errors import Invalid
from tests.unit.channels.chat import fake_lark, fake_slack, fake_telegram

SLACK, TELEGRAM, LARK = ChannelKind.SLACK, ChannelKind.TELEGRAM, ChannelKind.LARK
SETTINGS: dict[ChannelKind, dict[str, Any]] = {
    SLACK: fake_slack.SETTINGS,
    TELEGRAM: fake_telegram.SETTINGS,
    LARK: fake_lark.SETTINGS,
}


@pytest.mark.parametrize("kind", list(CHATS))
def test_the_settings_of_the_documentation_are_taken(kind: ChannelKind) -> None:
    CHATS[kind].validate(SETTINGS[kind])
    CHATS[kind].validate({**SETTINGS[kind], "base_url": "https://open.larksuite.com"})


@pytest.mark.parametrize("kind", list(CHATS))
def test_each_required_setting_is_asked_for_by_name(kind: ChannelKind) -> None:
    for name, is_required in CHATS[kind].SETTINGS.items():
        given = {**SETTINGS[kind], name: ""}
        if is_required:
            with pytest.raises(Invalid, match="Missing") as caught:
                CHATS[kind].validate(given)
            assert caught.value.field == name
        else:
            CHATS[kind].validate(given)


@pytest.mark.parametrize("value", ["two words", "line\nbreak", 7, ["a"], "s" * 5000])
@pytest.mark.parametrize("kind", list(CHATS))
def test_a_wrong_setting_is_named_and_not_repeated(kind: ChannelKind, value: Any) -> None:
    for name in CHATS[kind].SETTINGS:
        with pytest.raises(Invalid) as caught:
            CHATS[kind].validate({**SETTINGS[kind], name: value})
        assert caught.value.field == name
        assert str(value) not in str(caught.value) or value == 7


@pytest.mark.parametrize("kind", list(CHATS))
def test_an_unknown_setting_is_refused_with_those_that_exist(kind: ChannelKind) -> None:
    with pytest.raises(Invalid, match="chat_id"):
        CHATS[kind].validate({**SETTINGS[kind], "webhook": "x"})


@pytest.mark.parametrize(
    "url",
    [
        *("http://169.254.169.254", "https://[fe80::1]", "http://2852039166", "http://[::ffff:169.254.169.254]"),
        *("http://0.0.0.0:80", "http://0xa9fea9fe", "https://user:word@host", "https://host?a=b", "https://host#x"),
        *("ftp://host", "https://", "https://host:99999", "//host", "https://ho st"),
    ],
)
@pytest.mark.parametrize("kind", list(CHATS))
def test_an_address_that_must_not_be_called_is_refused(kind: ChannelKind, url: str) -> None:
    with pytest.raises(Invalid) as caught:
        CHATS[kind].validate({**SETTINGS[kind], "base_url": url})
    assert caught.value.field == "base_url"


def test_lark_has_its_own_paths() -> None:
    with pytest.raises(Invalid, match="after the host"):
        CHATS[LARK].validate({**SETTINGS[LARK], "base_url": "https://open.feishu.cn/open-apis"})


@pytest.mark.parametrize("kind", list(CHATS))
def test_what_proves_who_somebody_is_is_secret(kind: ChannelKind) -> None:
    named = {name for name in CHATS[kind].SETTINGS if "token" in name or "secret" in name or "key" in name}
    assert named == CHATS[kind].SECRETS
