"""The words that monitoring systems use for how bad an alert is."""

import pytest

from app.enums import Severity
from app.rules.alerts.severities import Numbers, SeverityTable, severity_of, zabbix_severity, zabbix_word

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
TABLE = SeverityTable()
PURPLE = {"words": {"紫色": 2, "SEV-2": 1}, "unknown": 0, "missing": 2, "numbers": "upward"}


@pytest.mark.parametrize(
    ("severity", "words"),
    [
        (CRITICAL, "critical Disaster HIGH page error fatal emergency major crit err emerg alert panic"),
        (CRITICAL, "P0 p1 P2 SEV0 SEV1 sev-1 SEV_1 Sev2 S0 S1 s-2 prio1 severity-1 blocker urgent highest immediate"),
        (
            CRITICAL,
            "严重 严重告警 致命 致命级别 紧急 紧急告警 灾难 灾难性 重大 重大事件 重要告警 高危 高级 一级告警 嚴重",
        ),
        (WARNING, "warning Average MINOR warn medium moderate ticket P3 sev3 S3 priority_3"),
        (WARNING, "警告 警告级别 告警 次要 次要告警 一般 一般告警 一般严重 中 中级 中危 预警 三级告警 轻微告警"),
        (INFO, "info Information NONE low lowest trivial debug ok notice success P4 P5 SEV4 sev-5 S4 normal"),
        (INFO, "信息 提示 提示告警 通知 未分类 低 低级 低危 四级告警 恢复"),
    ],
)
def test_words_in_any_case_are_known(severity: Severity, words: str) -> None:
    assert {word: TABLE.find(f" {word}\n") for word in words.split()} == dict.fromkeys(words.split(), severity)


@pytest.mark.parametrize("word", ["sev1", "SEV-1", "SEV_1", "Sev 1", "sev  1", "sev - 1", "ＳＥＶ１"])
def test_a_word_is_one_however_its_parts_are_joined(word: str) -> None:
    assert TABLE.find(word) is CRITICAL
    assert SeverityTable.of({"words": {"SEV 1": 0}}).find(word) is INFO


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        *[("P1 - Critical", CRITICAL), ("P3: Moderate", WARNING), ("严重 (P1)", CRITICAL), ("P4/低", INFO)],
        *[("1 - Critical", CRITICAL), ("2-Medium", WARNING), ("3 - Low", INFO), ("critical!", CRITICAL)],
        *[("High priority", CRITICAL), ("severity: high", CRITICAL), ("🔥 critical", CRITICAL), ("Low alert", INFO)],
        ("Warning/Critical", CRITICAL),
    ],
)
def test_a_word_of_several_parts_is_known_if_all_of_them_are(word: str, severity: Severity) -> None:
    assert TABLE.find(word) is severity


@pytest.mark.parametrize(
    "word", ["purple", "unknown", "not critical", "P9000", "-1", "1.5", "٢", "🔥", "critical-ish", "1234", "{{ sev }}"]
)
def test_an_unknown_word_is_told_apart_and_gets_the_severity_for_unknown_words(word: str) -> None:
    assert TABLE.find(word) is None
    assert TABLE.severity_of(word) is WARNING
    assert SeverityTable.of({"unknown": 2}).severity_of(word) is CRITICAL


def test_a_monitors_own_entries_replace_the_defaults() -> None:
    table = SeverityTable.of(PURPLE)
    assert [table.find(word) for word in ("紫色", "紫色告警", "sev2", "P2")] == [CRITICAL, CRITICAL, WARNING, CRITICAL]
    assert [table.severity_of("blue"), table.severity_of(""), table.severity_of(" ")] == [INFO, CRITICAL, CRITICAL]
    assert table.as_dict() == PURPLE
    assert SeverityTable.of(table.as_dict()) == table
    assert SeverityTable.of(None) == TABLE == SeverityTable.of({})


def test_the_table_lists_its_own_entries_instead_of_the_defaults_that_they_replace() -> None:
    entries = {entry.word: (entry.severity, entry.is_default) for entry in SeverityTable.of(PURPLE).entries()}
    assert [entries["紫色"], entries["SEV-2"], entries["P2"]] == [(CRITICAL, False), (WARNING, False), (CRITICAL, True)]
    assert "SEV2" not in entries
    assert (entries["0"], entries["5"]) == ((INFO, True), (CRITICAL, True))
    assert all(TABLE.find(entry.word) is entry.severity for entry in TABLE.entries())


@pytest.mark.parametrize(
    ("numbers", "severities"),
    [
        (Numbers.DOWNWARD, [CRITICAL, CRITICAL, CRITICAL, WARNING, INFO, INFO, INFO]),
        (Numbers.UPWARD, [INFO, INFO, WARNING, WARNING, CRITICAL, CRITICAL, CRITICAL]),
        (Numbers.NAGARE, [INFO, WARNING, CRITICAL, None, None, None, None]),
    ],
)
def test_numbers_count_the_way_the_monitor_says(numbers: Numbers, severities: list[Severity | None]) -> None:
    table = SeverityTable(numbers=numbers)
    assert [table.find(str(number)) for number in range(7)] == severities


def test_a_number_can_have_its_own_entry() -> None:
    table = SeverityTable.of({"words": {"2": 1}})
    assert [table.find(word) for word in ("1", "2", "3")] == [CRITICAL, WARNING, WARNING]


@pytest.mark.parametrize("code", list(Severity))
def test_our_own_codes_are_taken_as_they_are(code: Severity) -> None:
    assert severity_of(int(code)) is code


@pytest.mark.parametrize("word", [None, "", "  ", "purple", 3, -1])
def test_an_unknown_word_or_none_is_a_warning(word: str | int | None) -> None:
    assert severity_of(word) is WARNING


def test_zabbixs_six_severities() -> None:
    assert [int(zabbix_severity(code)) for code in range(6)] == [0, 0, 1, 1, 2, 2]
    assert [TABLE.find(zabbix_word(code)) for code in range(6)] == [zabbix_severity(code) for code in range(6)]
    chinese = ["未分类", "信息", "警告", "一般严重", "严重", "灾难"]
    assert [TABLE.find(word) for word in chinese] == [zabbix_severity(code) for code in range(6)]


@pytest.mark.parametrize("code", [-1, 6])
def test_zabbix_has_no_other_severity(code: int) -> None:
    for named in (zabbix_severity, zabbix_word):
        with pytest.raises(ValueError, match=f"no severity {code}"):
            named(code)
