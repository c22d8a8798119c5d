"""When a person is told by which channel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.enums import Severity
from app.rules.contacts.contact_rules import ContactRule, Unusable, due_times
from app.rules.quiet_hours import QuietHours

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
NIGHT = QuietHours("22:00", "07:00", "Asia/Shanghai")
CHAT = ContactRule(1, "chat")
PHONE = ContactRule(2, "phone", after_s=300)


def test_each_rule_tells_after_its_time_the_first_one_first() -> None:
    rules = [PHONE, CHAT]
    assert due_times(rules, Severity.WARNING, NOON) == [(1, NOON), (2, NOON + timedelta(minutes=5))]


def test_a_rule_takes_only_what_is_severe_enough() -> None:
    rules = [replace(CHAT, min_severity=Severity.CRITICAL), PHONE]
    assert [channel for channel, _ in due_times(rules, Severity.WARNING, NOON)] == [2]
    assert due_times(rules[:1], Severity.WARNING, NOON) == []


def test_channels_that_cannot_be_used_are_left_out() -> None:
    rules = [replace(CHAT, unusable=Unusable.UNVERIFIED), replace(PHONE, unusable=Unusable.DISABLED)]
    assert due_times(rules, Severity.CRITICAL, NOON) == []


def test_quiet_hours_move_the_time_to_their_end_unless_it_is_severe_enough_to_wake() -> None:
    night = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    quiet = replace(CHAT, quiet=NIGHT)
    assert due_times([quiet], Severity.CRITICAL, night) == [(1, datetime(2026, 1, 31, 23, 0, tzinfo=UTC))]
    waking = replace(quiet, wake_severity=Severity.CRITICAL)
    assert due_times([waking], Severity.CRITICAL, night) == [(1, night)]
    assert due_times([waking], Severity.WARNING, night) == [(1, datetime(2026, 1, 31, 23, 0, tzinfo=UTC))]


def test_a_time_after_the_delay_is_what_quiet_hours_are_about() -> None:
    evening = datetime(2026, 1, 31, 13, 58, tzinfo=UTC)  # 21:58 in Shanghai
    assert due_times([replace(PHONE, quiet=NIGHT)], 1, evening) == [(2, datetime(2026, 1, 31, 23, 0, tzinfo=UTC))]


def test_rules_that_quiet_hours_move_to_one_moment_are_one_message() -> None:
    night = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)
    rules = [replace(CHAT, quiet=NIGHT), replace(CHAT, quiet=NIGHT, after_s=600)]
    assert due_times(rules, Severity.WARNING, night) == [(1, datetime(2026, 1, 31, 23, 0, tzinfo=UTC))]


def test_quiet_hours_end_after_they_began_where_clocks_are_changed() -> None:
    berlin = QuietHours("01:00", "02:30", "Europe/Berlin")
    # On the last Sunday of October, 02:10 comes twice; at 02:30 the quiet hours end twice too.
    assert berlin.end_after(datetime(2026, 10, 25, 0, 10, tzinfo=UTC)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert berlin.end_after(datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    # On the last Sunday of March, 02:30 does not come: they end when 30 minutes of the next hour are over.
    assert berlin.end_after(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_quiet_hours_within_a_day_end_on_that_day() -> None:
    lunch = QuietHours("12:00", "13:30", "UTC")
    assert lunch.hold(NOON) and not lunch.hold(NOON + timedelta(minutes=90))
    assert lunch.end_after(NOON) == NOON + timedelta(minutes=90)
