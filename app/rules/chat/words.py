"""What chats show beside a page's own text, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.enums import Language
from app.rules.chat.clicks import PageAction


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language."""

    buttons: Mapping[PageAction, str]
    done: Mapping[PageAction, str]
    taken: str
    over: str
    unknown: str
    failed: str
    unlinked: str
    forbidden: str


WORDS: Mapping[Language, Words] = {
    Language.ENGLISH: Words(
        buttons={PageAction.ACKNOWLEDGE: "Acknowledge", PageAction.RESOLVE: "Resolve"},
        done={PageAction.ACKNOWLEDGE: "You have acknowledged it.", PageAction.RESOLVE: "You have resolved it."},
        taken="{} has acknowledged it already.",
        over="This page is over.",
        unknown="nagare has not sent this page to this chat.",
        failed="Not done: {}",
        unlinked="Only people whose account is linked may answer here: link yours in nagare, My contact methods.",
        forbidden="Your user {} may not answer pages in nagare.",
    ),
    Language.CHINESE: Words(
        buttons={PageAction.ACKNOWLEDGE: "确认", PageAction.RESOLVE: "解决"},
        done={PageAction.ACKNOWLEDGE: "已由你确认。", PageAction.RESOLVE: "已由你解决。"},
        taken="{} 已经确认。",
        over="此呼叫已结束。",
        unknown="nagare 没有向此聊天发送过这个呼叫。",
        failed="未完成：{}",
        unlinked="此处只有已关联账号的人可以操作：请在 nagare 的“我的联系方式”中关联您的账号。",
        forbidden="您的用户 {} 无权在 nagare 中处理呼叫。",
    ),
}
