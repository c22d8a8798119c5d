"""Writes the messages that carry a code, or show that a channel works."""

from app.enums import Language
from app.rules.contacts.codes import VALID_FOR
from app.rules.response.notification_texts import PREFIX, Text

MINUTES = int(VALID_FOR.total_seconds() // 60)
CODE = {
    Language.ENGLISH: (
        "Your code: {code}",
        "Type {code} in nagare to confirm the contact method “{name}” of {owner}. The code is valid for {minutes}"
        " minutes. If you did not ask for it, ignore this message.",
    ),
    Language.CHINESE: (
        "验证码：{code}",
        "请在 nagare 中输入 {code}，确认 {owner} 的联系方式“{name}”。验证码 {minutes} 分钟内有效。"
        "如果不是您本人操作，请忽略本消息。",
    ),
}
LINK = {
    Language.ENGLISH: (
        "Your code: {code}",
        "Type {code} in nagare to link this account with the user “{owner}”. Clicks of yours then count as that user's."
        " If you did not ask for it, ignore this message.",
    ),
    Language.CHINESE: (
        "验证码：{code}",
        "请在 nagare 中输入 {code}，将此账号与用户“{owner}”关联。之后您的点击将算作该用户的操作。"
        "如果不是您本人操作，请忽略本消息。",
    ),
}
TEST = {
    Language.ENGLISH: ("Test message", "The channel “{name}” works."),
    Language.CHINESE: ("测试消息", "渠道“{name}”可以正常使用。"),
}


def code_text(language: Language, name: str, owner: str, code: str) -> Text:
    """Write the message with the code for a person's channel."""
    title, body = CODE[language]
    return Text(
        f"{PREFIX} {title.format(code=code)}",
        body.format(code=code, name=name, owner=owner, minutes=MINUTES),
        "info",
    )


def link_text(language: Language, owner: str, code: str) -> Text:
    """Write the message with the code by which an account in a chat is linked with a user."""
    title, body = LINK[language]
    return Text(f"{PREFIX} {title.format(code=code)}", body.format(code=code, owner=owner), "info")


def trial_text(language: Language, name: str) -> Text:
    """Write the message that shows that a channel works."""
    title, body = TEST[language]
    return Text(f"{PREFIX} {title}", body.format(name=name), "info")
