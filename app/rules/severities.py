"""Maps the severities of monitoring systems to nagare's."""

from app.enums import Severity

CRITICAL_WORDS = (
    *("2", "critical", "crit", "disaster", "high", "major", "severe", "page", "error", "err", "fatal", "p1", "p2"),
    *("emergency", "emerg", "alert", "严重", "灾难", "紧急", "致命", "错误", "重大", "高"),
)
WARNING_WORDS = (
    *("1", "warning", "warn", "average", "minor", "medium", "moderate", "p3"),
    *("警告", "告警", "一般严重", "次要", "中"),
)
INFO_WORDS = (
    *(
        "0",
        "info",
        "information",
        "informational",
        "none",
        "not classified",
        "low",
        "debug",
        "ok",
        "notice",
        "p4",
        "p5",
    ),
    *("信息", "未分类", "提示", "通知", "调试", "正常", "低"),
)
SEVERITIES = {
    **dict.fromkeys(CRITICAL_WORDS, Severity.CRITICAL),
    **dict.fromkeys(WARNING_WORDS, Severity.WARNING),
    **dict.fromkeys(INFO_WORDS, Severity.INFO),
}
ZABBIX_SEVERITIES = (
    *(Severity.INFO, Severity.INFO),
    *(Severity.WARNING, Severity.WARNING),
    *(Severity.CRITICAL, Severity.CRITICAL),
)
"""By Zabbix's codes: not classified, information, warning, average, high, disaster."""


def severity_of(word: str | int | None) -> Severity:
    """Return the severity for a word or one of nagare's codes; an unknown or missing word is a warning."""
    if word is None:
        return Severity.WARNING
    return SEVERITIES.get(" ".join(str(word).casefold().replace("_", " ").split()), Severity.WARNING)


def zabbix_severity(code: int) -> Severity:
    """Return the severity for Zabbix's code, 0 to 5. Raises ValueError for any other code."""
    if not 0 <= code < len(ZABBIX_SEVERITIES):
        raise ValueError(f"Zabbix has no severity {code}")
    return ZABBIX_SEVERITIES[code]
