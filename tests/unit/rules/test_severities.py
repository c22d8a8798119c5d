"""The words that monitoring systems use for how bad an alert is."""

import pytest

from app.enums import Severity
from app.rules.severities import severity_of, zabbix_severity


@pytest.mark.parametrize(
    ("severity", "words"),
    [
        (Severity.CRITICAL, "critical Disaster HIGH page error fatal emergency major 2 严重 灾难"),
        (Severity.WARNING, "warning Average MINOR warn 1 警告"),
        (Severity.INFO, "info Information NONE low debug ok notice 0 信息"),
    ],
)
def test_words_in_any_case_are_known(severity: Severity, words: str) -> None:
    assert {word: severity_of(f" {word}\n") for word in words.split()} == dict.fromkeys(words.split(), severity)


@pytest.mark.parametrize("word", ["Not classified", "not  classified", "not_classified", "未分类"])
def test_a_name_of_two_words_is_known_however_they_are_joined(word: str) -> None:
    assert severity_of(word) is Severity.INFO


@pytest.mark.parametrize("code", list(Severity))
def test_our_own_codes_are_taken_as_they_are(code: Severity) -> None:
    assert severity_of(int(code)) is code


@pytest.mark.parametrize("word", [None, "", "  ", "purple", "critical!", 3, -1, "٢"])
def test_an_unknown_word_or_none_is_a_warning(word: str | int | None) -> None:
    assert severity_of(word) is Severity.WARNING


def test_zabbixs_six_severities() -> None:
    assert [int(zabbix_severity(code)) for code in range(6)] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("code", [-1, 6])
def test_zabbix_has_no_other_severity(code: int) -> None:
    with pytest.raises(ValueError, match=f"no severity {code}"):
        zabbix_severity(code)
