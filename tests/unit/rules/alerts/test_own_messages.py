"""nagare's own alerts in Chinese."""

import pytest

from app.enums import Language
from app.rules.alerts.own_messages import OWN_SOURCE, TRANSLATIONS, description_in, translated

ZH, EN = Language.CHINESE, Language.ENGLISH


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "生产: a is silent: no pull of hosts, items and alerts has succeeded since 2026-01-31 12:00 UTC: no: route",
            "生产: a 没有响应：自 2026-01-31 12:00 UTC 起没有成功拉取主机、监控项和告警：no: route",
        ),
        (
            "demo: the watchdog Watchdog does not fire, it was last reported at 2026-01-31 12:00 UTC",
            "demo：看门狗 Watchdog 没有触发，最后一次上报于 2026-01-31 12:00 UTC",
        ),
        ("Heartbeat nightly {x} backup is late", "心跳 nightly {x} backup 没有按时到达"),
        (
            "Last ping: fail at 2026-01-31 12:00:00 UTC, exit code 3, after 1 min 1 s.",
            "最近一次上报：失败，2026-01-31 12:00:00 UTC，退出码 3，耗时 1 min 1 s。",
        ),
        ("Something that is new", "Something that is new"),
        ("Disk space running low", "Disk space running low"),
    ],
)
def test_our_own_alerts_are_in_chinese(english: str, chinese: str) -> None:
    assert translated(ZH, OWN_SOURCE, english) == chinese
    assert translated(EN, OWN_SOURCE, english) == english


def test_what_others_say_is_left_as_it_is() -> None:
    assert translated(ZH, "zabbix", "Heartbeat a is late") == "Heartbeat a is late"
    assert translated(ZH, "test", "Disk space running low") == "磁盘空间不足"
    assert description_in(ZH, "zabbix", "It has never finished.") == "It has never finished."


def test_a_description_is_translated_line_by_line() -> None:
    text = "No ping came within 5 min of the expected time.\nIt has never finished.\n\nlog: x"
    assert description_in(ZH, OWN_SOURCE, text) == "超过预期时间 5 min 仍未收到心跳。\n它从未完成过。\n\nlog: x"
    assert description_in(EN, OWN_SOURCE, text) == text


def test_each_translation_keeps_all_that_is_said() -> None:
    for english, chinese in TRANSLATIONS.items():
        names = [part.partition("}")[0] for part in english.split("{")[1:]]
        values = {name: f"«{name}»" for name in names}
        told = translated(ZH, OWN_SOURCE, english.format(**values))
        assert told == chinese.format(**values)
        assert all(value in told for value in values.values())
