"""The phrases of notifications, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.enums import Language, NotificationKind, QuietKind, Resolution, Severity


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language."""

    labels: Mapping[Severity | NotificationKind, str]
    severities: Mapping[Severity, str]
    counted: Mapping[Severity | NotificationKind, str]
    resolutions: Mapping[str, str]
    quiet: Mapping[str, str]
    colon: str
    comma: str
    semicolon: str
    fired: str
    by: str
    more: str
    began: str
    seen: str
    ended: str
    lasted: str
    value: str
    source_severity: str
    stale: str
    quiet_by: str
    quiet_until: str
    template_failed: str
    repeat: str
    test_title: str
    test_body: str


ENGLISH = Words(
    labels={
        Severity.CRITICAL: "CRITICAL",
        Severity.WARNING: "WARNING",
        Severity.INFO: "INFO",
        NotificationKind.ACKNOWLEDGED: "ACKNOWLEDGED",
        NotificationKind.RESOLVED: "RESOLVED",
    },
    severities={Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "info"},
    counted={
        Severity.CRITICAL: "{} critical",
        Severity.WARNING: "{} warning",
        Severity.INFO: "{} info",
        NotificationKind.ACKNOWLEDGED: "{} acknowledged",
        NotificationKind.RESOLVED: "{} resolved",
    },
    resolutions={
        Resolution.ABSENT: "a complete pull no longer found it",
        Resolution.STALE: "its source no longer confirmed it; nobody knows whether it is over",
    },
    quiet={
        QuietKind.SILENCE: "silenced at its source",
        QuietKind.INHIBITION: "inhibited by another alert at its source",
        QuietKind.MAINTENANCE: "in maintenance at its source",
        QuietKind.SYMPTOM: "a symptom of another problem",
        QuietKind.WATCHDOG: "a watchdog: only its absence is an alarm",
    },
    colon=": ",
    comma=", ",
    semicolon="; ",
    fired="{} fired",
    by=", by {}",
    more="… and {} more",
    began="began {}",
    seen="seen {}",
    ended="ended {}",
    lasted="lasted {}",
    value="value {}",
    source_severity="severity at the source {}",
    stale="stale: its source has not confirmed it for too long",
    quiet_by=" by {}",
    quiet_until=" until {}",
    template_failed="(This is the built-in text, because the notification's template failed: {})",
    repeat="(possible repeat) {}",
    test_title="Test message",
    test_body="The notification “{}” works.",
)
CHINESE = Words(
    labels={
        Severity.CRITICAL: "严重",
        Severity.WARNING: "警告",
        Severity.INFO: "信息",
        NotificationKind.ACKNOWLEDGED: "已确认",
        NotificationKind.RESOLVED: "已恢复",
    },
    severities={Severity.CRITICAL: "严重", Severity.WARNING: "警告", Severity.INFO: "信息"},
    counted={
        Severity.CRITICAL: "{} 条严重",
        Severity.WARNING: "{} 条警告",
        Severity.INFO: "{} 条信息",
        NotificationKind.ACKNOWLEDGED: "{} 条已确认",
        NotificationKind.RESOLVED: "{} 条已恢复",
    },
    resolutions={
        Resolution.ABSENT: "完整拉取中已不再出现",
        Resolution.STALE: "来源不再确认，无法得知是否已结束",
    },
    quiet={
        QuietKind.SILENCE: "已在来源处静默",
        QuietKind.INHIBITION: "已在来源处被其他告警抑制",
        QuietKind.MAINTENANCE: "来源处正在维护",
        QuietKind.SYMPTOM: "其他问题的表象",
        QuietKind.WATCHDOG: "看门狗：只有缺失时才是告警",
    },
    colon="：",
    comma="、",
    semicolon="；",
    fired="触发 {}",
    by="，{}",
    more="……另有 {} 条",
    began="开始于 {}",
    seen="发现于 {}",
    ended="结束于 {}",
    lasted="持续 {}",
    value="值 {}",
    source_severity="来源级别 {}",
    stale="已失联：来源过久未确认",
    quiet_by="，操作者 {}",
    quiet_until="，直到 {}",
    template_failed="（通知模板出错，以上为内置文本：{}）",
    repeat="（可能重复）{}",
    test_title="测试消息",
    test_body="通知“{}”可以正常使用。",
)
WORDS = {Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE}
