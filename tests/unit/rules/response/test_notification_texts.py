"""What people read."""

from dataclasses import replace
from datetime import timedelta

from app.enums import Language, Severity
from app.rules.response.notification_texts import Text, text_of, trial_text
from tests.unit.rules.response.test_notifications import ACKNOWLEDGED, DAY, RESOLVED, RULE, change

CHINESE = replace(RULE, language=Language.CHINESE, timezone="Asia/Shanghai")
CRITICAL = Severity.CRITICAL


def test_one_alert_is_in_the_title() -> None:
    assert text_of(RULE, [change(1, severity=CRITICAL)]) == Text(
        "[nagare] CRITICAL: web-01: Disk space running low",
        "CRITICAL web-01: Disk space running low (2026-01-31 12:00:00 UTC)",
        "failure",
    )
    assert text_of(CHINESE, [change(1, severity=CRITICAL)]) == Text(
        "[nagare] 严重：web-01：磁盘空间不足",
        "严重 web-01：磁盘空间不足 (2026-01-31 20:00:00 CST)",
        "failure",
    )


def test_who_acknowledged_it_is_told() -> None:
    text = text_of(RULE, [change(1, ACKNOWLEDGED, username="王芳", host_name=None, message="磁盘 满了")])
    assert text.title == "[nagare] ACKNOWLEDGED: 磁盘 满了"
    assert text.body.endswith("(2026-01-31 12:00:00 UTC, by 王芳)")
    assert text.tone == "info"


def test_many_alerts_are_counted() -> None:
    changes = [change(number, alert_id=number, severity=CRITICAL) for number in range(1, 4)]
    changes += [change(number, alert_id=number) for number in (4, 5)]
    changes += [change(6, RESOLVED, alert_id=6, severity=CRITICAL)]
    assert text_of(RULE, changes).title == "[nagare] 3 critical, 2 warning fired; 1 resolved"
    assert text_of(CHINESE, changes).title == "[nagare] 触发 3 条严重、2 条警告；1 条已恢复"
    assert text_of(RULE, changes[-1:]).tone == "success"


def test_two_hundred_alerts_are_twenty_lines_the_critical_ones_first() -> None:
    changes = [change(number, alert_id=number, host_name=f"host-{number}") for number in range(1, 201)]
    changes[150] = replace(changes[150], severity=CRITICAL)
    lines = text_of(RULE, changes).body.splitlines()
    assert lines[0].startswith("CRITICAL host-151: ")
    assert [line.split()[1] for line in lines[1:3]] == ["host-1:", "host-2:"]
    assert lines[20:] == ["… and 180 more"]
    assert text_of(CHINESE, changes).body.splitlines()[20:] == ["……另有 180 条"]
    assert text_of(RULE, changes).title == "[nagare] 1 critical, 199 warning fired"


def test_an_alert_that_fired_and_ended_is_one_line() -> None:
    changes = [change(1), change(2, RESOLVED, at=DAY + timedelta(seconds=4)), change(3, alert_id=2)]
    text = text_of(RULE, changes)
    assert text.title == "[nagare] 2 warning fired; 1 resolved"
    assert text.body.splitlines() == [
        "WARNING web-01: Disk space running low #2 (2026-01-31 12:00:00 UTC)",
        "WARNING → RESOLVED web-01: Disk space running low #1 (2026-01-31 12:00:04 UTC)",
    ]


def test_long_and_broken_messages_stay_one_short_line() -> None:
    text = text_of(RULE, [change(1, message="a\nb\t" + "长" * 5000, host_name="h" * 300)])
    assert len(text.title) < 280
    assert "\n" not in text.title + text.body


def test_the_test_message_names_its_rule() -> None:
    assert trial_text(RULE, "值班").body == "The notification “值班” works."
    assert trial_text(CHINESE, "值班").title == "[nagare] 测试消息"
