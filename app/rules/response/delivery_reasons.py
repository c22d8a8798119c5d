"""Translates why a message was not sent, or why nobody knows whether it arrived."""

from collections.abc import Mapping

from app.enums import Language
from app.rules.sentences import translated_by

TRANSLATIONS: Mapping[str, str] = {
    "the message was not sent: {reason}": "消息未发出：{reason}",
    "it is unknown whether the message arrived: {reason}": "不清楚消息是否送达：{reason}",
    "sending was interrupted": "发送被中断",
    "the template failed, so the built-in text was sent: {fault}": "模板出错，因此发送了内置文本：{fault}",
    "the channel {name} is disabled": "渠道 {name} 已停用",
    "the receiver's host name cannot be resolved": "无法解析接收方的主机名",
    "the receiver's certificate is not trusted": "接收方的证书不受信任",
    "cannot connect to the receiver": "无法连接到接收方",
    "the receiver accepted the connection but did not respond": "接收方接受了连接但没有应答",
    "the receiver did not respond in time, or the connection was interrupted": "接收方没有及时应答，或连接中断",
    "the receiver's answer cannot be read": "无法读懂接收方的应答",
    "the receiver returned HTTP {status}": "接收方返回 HTTP {status}",
    "the receiver returned SMTP {status}": "接收方返回 SMTP {status}",
    "the service rejected the message": "该服务拒绝了消息",
    "the process that sends the message was interrupted": "发送消息的进程被中断",
    "the address is link-local, multicast or a metadata service; nagare does not connect to those": (
        "该地址是链路本地地址、组播地址或元数据服务；nagare 不会连接这类地址"
    ),
    "Telegram asks to wait": "Telegram 要求稍后再试",
    "{service} answered: {words}": "{service} 的应答：{words}",
}
"""By the English text. What a service itself says stays as it is."""


def delivery_reason_in(language: Language, reason: str) -> str:
    """Return the reason of a failed message in a language."""
    if language is not Language.CHINESE:
        return reason
    within = {"reason": lambda value: delivery_reason_in(language, value)}
    return translated_by(TRANSLATIONS, reason, lambda name, value: within.get(name, str)(value)) or reason
