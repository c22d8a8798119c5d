"""The phrases of pages' messages, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.enums import Language


@dataclass(frozen=True, slots=True)
class PageWords:
    """The phrases of one language. `because` is by the type of the target that led to the receiver."""

    repeat: str
    repeat_note: str
    title: str
    acknowledged_title: str
    resolved_title: str
    step: str
    round: str
    fallback: str
    to_channel: str
    because: Mapping[str, str]
    joined: str
    acknowledged: str
    acknowledged_by: str
    resolved: str
    resolved_by: str
    more_pages: str
    end: str


ENGLISH = PageWords(
    repeat="(possible repeat) ",
    repeat_note="Possible repeat: nobody knows whether this message arrived before.",
    title="Page: {}",
    acknowledged_title="Page acknowledged: {}",
    resolved_title="Page resolved: {}",
    step="You are paged as step {step} of “{plan}”",
    round=", round {round}",
    fallback="You are paged as the fallback of “{plan}”",
    to_channel="This channel is paged as step {step} of “{plan}”",
    because={
        "rota": ", because you are on call in “{name}”",
        "team": ", because you are in the team “{name}”",
        "user": ", because the step names you",
        "channel": "",
    },
    joined="More alerts joined page {id}",
    acknowledged="Page {id} is acknowledged",
    acknowledged_by="{by} acknowledged page {id}",
    resolved="Page {id} is resolved: none of its alerts needs anybody",
    resolved_by="{by} resolved page {id}",
    more_pages="… and {} more pages",
    end=".",
)
CHINESE = PageWords(
    repeat="（可能重复）",
    repeat_note="可能重复：无法确认这条消息此前是否已送达。",
    title="呼叫：{}",
    acknowledged_title="呼叫已确认：{}",
    resolved_title="呼叫已恢复：{}",
    step="您被呼叫：“{plan}”的第 {step} 步",
    round="，第 {round} 轮",
    fallback="您被呼叫：“{plan}”的后备",
    to_channel="此渠道被呼叫：“{plan}”的第 {step} 步",
    because={
        "rota": "，因为您正在“{name}”值班",
        "team": "，因为您属于团队“{name}”",
        "user": "，因为该步骤指定了您",
        "channel": "",
    },
    joined="更多告警加入了呼叫 {id}",
    acknowledged="呼叫 {id} 已确认",
    acknowledged_by="{by} 确认了呼叫 {id}",
    resolved="呼叫 {id} 已恢复：其告警均无需处理",
    resolved_by="{by} 解决了呼叫 {id}",
    more_pages="……另有 {} 个呼叫",
    end="。",
)
PAGE_WORDS: Mapping[Language, PageWords] = {Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE}
