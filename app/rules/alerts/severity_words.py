"""The words by which monitoring systems and people say how bad an alert is, and nagare's severity for each.

Ranks count downward, as in most systems: P0, SEV0 and S0 are the worst, 2 is still critical ("major"), 3 is a warning.
"""

import re
import unicodedata

from app.enums import Severity

RANKS = (*[Severity.CRITICAL] * 3, Severity.WARNING, Severity.INFO, Severity.INFO)
RANK_PREFIXES = ("P", "SEV", "S", "priority ", "prio ", "severity ")
ZABBIX_WORDS = ("Not classified", "Information", "Warning", "Average", "High", "Disaster")
"""By Zabbix's codes."""
CRITICAL_WORDS = (
    *("critical", "crit", "fatal", "disaster", "emergency", "emerg", "panic", "alert", "page", "severe", "serious"),
    *("down",),
    *("error", "err", "major", "high", "highest", "urgent", "immediate", "blocker", "danger"),
    *("严重", "非常严重", "特别严重", "致命", "紧急", "特急", "危急", "灾难", "重大", "特别重大", "重要", "错误"),
    *("危险", "高危", "高", "最高", "阻断", "阻塞", "一级", "二级", "嚴重", "緊急", "災難", "重大災害", "錯誤"),
)
WARNING_WORDS = (
    *("warning", "warn", "average", "minor", "medium", "moderate", "mid", "ticket", "indeterminate"),
    *("unreachable",),
    *("警告", "告警", "报警", "预警", "一般严重", "一般", "普通", "次要", "较大", "轻微", "中", "中等", "中危"),
    *("三级", "次要錯誤", "警報"),
)
INFO_WORDS = (
    *("info", "information", "informational", "informative", "notice", "notification", "none", "not classified"),
    *("low", "lowest", "trivial", "debug", "verbose", "trace", "ok", "normal", "success", "clear", "cleared"),
    *("信息", "消息", "未分类", "提示", "提醒", "通知", "调试", "正常", "低", "最低", "低危", "恢复", "四级", "五级"),
    *("資訊", "未分類"),
)
WORDS = {
    **dict.fromkeys(CRITICAL_WORDS, Severity.CRITICAL),
    **dict.fromkeys(WARNING_WORDS, Severity.WARNING),
    **dict.fromkeys(INFO_WORDS, Severity.INFO),
    **{f"{prefix}{rank}": severity for prefix in RANK_PREFIXES for rank, severity in enumerate(RANKS)},
}
"""The default table, with the words as people write them."""

JOINT = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")
"""What joins the parts of one word: `sev-1`, `SEV_1`, `Not classified`."""
SUFFIXES = ("告警", "报警", "警报", "級別", "级别", "等级", "事件", "性", "级")
"""What Chinese words may end in without meaning anything else."""
PARTS = re.compile(r"[\W_]+")
FILLERS = frozenset(("severity", "sev", "priority", "prio", "level", "alert"))
"""Parts that only say what the other parts are: `high priority`, `Severity: critical`."""


def key_of(word: str) -> str:
    """Return the word in the form in which words are compared."""
    return JOINT.sub("", unicodedata.normalize("NFKC", word).strip().casefold())


def stems_of(word: str) -> list[str]:
    """Return the keys by which a word is looked up: its own, then those without Chinese suffixes."""
    keys = [key_of(word)]
    while suffix := next((each for each in SUFFIXES if keys[-1].endswith(each) and keys[-1] != each), None):
        keys.append(keys[-1].removesuffix(suffix))
    return keys


def parts_of(word: str) -> list[str]:
    """Return the parts that say how bad it is, for example `p1` and `critical` of `P1 - Critical`.

    A number beside a word only orders a list of words (`3 - Moderate`), whichever way it counts.
    """
    parts = [part for part in PARTS.split(unicodedata.normalize("NFKC", word).casefold()) if part]
    return [part for part in parts if part not in FILLERS and not is_number(part)]


def is_number(word: str) -> bool:
    """Return whether the word is a whole number, not negative."""
    return word.isascii() and word.isdigit()
