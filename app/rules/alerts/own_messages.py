"""Translates the messages of nagare's own alerts, of its test alerts and of the simulator into Chinese."""

from collections.abc import Mapping
from typing import Protocol

from app.enums import Language
from app.rules.alerts.generated_alerts import MESSAGES
from app.rules.sentences import translated_by

OWN_SOURCE = "nagare"
TRANSLATIONS: Mapping[str, str] = {
    "{name} is silent: no pull of {what} has succeeded since {since}: {error}": (
        "{name} 没有响应：自 {since} 起没有成功拉取{what}：{error}"
    ),
    "{monitor}: the watchdog {name} does not fire, it was last reported at {time}": (
        "{monitor}：看门狗 {name} 没有触发，最后一次上报于 {time}"
    ),
    "{monitor}: the watchdog {name} does not fire, it has never been reported": (
        "{monitor}：看门狗 {name} 没有触发，从未上报过"
    ),
    "It fires as long as alerting works, so other alerts may not arrive here either.": (
        "只要告警链路正常，它就会一直触发；因此其他告警可能也无法到达这里。"
    ),
    "Channel {name} fails: it has accepted no message since {since}: {error}": (
        "渠道 {name} 发送失败：自 {since} 起没有接受任何消息：{error}"
    ),
    "{monitor} may not have maintenance window {window}: {error}": "{monitor} 上可能没有维护窗口 {window}：{error}",
    "{monitor} may still have maintenance window {window}: {error}": "{monitor} 上可能仍有维护窗口 {window}：{error}",
    "Heartbeat {name} is late": "心跳 {name} 没有按时到达",
    "Heartbeat {name} reported a failure": "心跳 {name} 报告失败",
    "Heartbeat {name} did not finish in time": "心跳 {name} 没有按时完成",
    "No ping came within {grace} of the expected time.": "超过预期时间 {grace} 仍未收到心跳。",
    "The job reported that it failed.": "作业报告自己失败了。",
    "The job started at {start} and did not finish within {grace}.": "作业于 {start} 开始，在 {grace} 内没有完成。",
    "It has never finished.": "它从未完成过。",
    "Test alert by {name}": "{name} 发出的测试告警",
    "Somebody tests who is told. Acknowledge it, then resolve it.": "有人在测试会通知谁。请先确认，再解决。",
    "Rota {rota} has nobody on call from {start} to {end}": "值班表 {rota} 从 {start} 到 {end} 无人值班",
    "Rota {rota} has nobody on call from {start} for more than three weeks": (
        "值班表 {rota} 从 {start} 起三周以上无人值班"
    ),
    "Rota {rota} has nobody on call until {end}": "值班表 {rota} 在 {end} 之前无人值班",
    "Rota {rota} has nobody on call now and in the next four weeks": "值班表 {rota} 现在及未来四周无人值班",
    "No layer and no override names anybody at this time.": "这段时间没有任何班次层或替班指定人员。",
    "It is the turn of {user}, who is disabled, and nobody else is on call.": (
        "轮到 {user} 值班，但该用户已停用，且没有其他人值班。"
    ),
    "It is the turn of user {user}, who was deleted, and nobody else is on call.": (
        "轮到用户 {user} 值班，但该用户已删除，且没有其他人值班。"
    ),
    "Last ping: {kind} at {details}.": "最近一次上报：{kind}，{details}。",
}
"""By the English text, with the same names in braces on both sides, which match any text."""
WORDS = {
    "what": (("hosts", "主机"), ("items", "监控项"), ("alerts", "告警"), (", ", "、"), (" and ", "和")),
    "kind": (("success", "成功"), ("fail", "失败")),
    "details": ((", exit code ", "，退出码 "), (", after ", "，耗时 ")),
}
"""What stands for one of these names consists of words that are translated too."""


class Told(Protocol):
    """What has a source and a message."""

    @property
    def source(self) -> str:
        """The name of the system that reported it."""

    @property
    def message(self) -> str:
        """What is wrong."""


def message_in(language: Language, told: Told) -> str:
    """Return an alert's message; nagare's own messages are translated."""
    return translated(language, told.source, told.message)


def description_in(language: Language, source: str, description: str) -> str:
    """Return an alert's description; the lines of nagare's own that it knows are translated."""
    if language is not Language.CHINESE or source != OWN_SOURCE:
        return description
    return "\n".join(translated(language, source, line) for line in description.split("\n"))


def translated(language: Language, source: str, text: str) -> str:
    """Return a text of an alert in a language; only nagare's own texts are translated."""
    if language is not Language.CHINESE:
        return text
    if source != OWN_SOURCE:
        return MESSAGES.get(text, text)
    return translated_by(TRANSLATIONS, text, _words) or text


def _words(name: str, value: str) -> str:
    for english, chinese in WORDS.get(name, ()):
        value = value.replace(english, chinese)
    return value
