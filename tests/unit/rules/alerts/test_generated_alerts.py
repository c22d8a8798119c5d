"""Test alerts."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from app.enums import Severity
from app.rules.alerts.generated_alerts import MESSAGES, HostChoice, comment, draw_alerts

HOSTS = [HostChoice(1, 1, 3), HostChoice(2, 1, 0), HostChoice(3, 2, 5)]


def test_there_are_fifteen_messages_each_with_a_translation() -> None:
    assert len(MESSAGES) == 15
    assert len(set(MESSAGES.values())) == 15
    assert all(re.search("[\u4e00-\u9fff]", chinese) for chinese in MESSAGES.values())
    assert all(english.isascii() for english in MESSAGES)


def test_the_same_seed_draws_the_same() -> None:
    assert draw_alerts(7, 50, None, HOSTS) == draw_alerts(7, 50, None, HOSTS)
    assert draw_alerts(7, 50, None, HOSTS) != draw_alerts(8, 50, None, HOSTS)


def test_each_falls_on_an_item_of_its_host() -> None:
    drawn = draw_alerts("seed", 10_000, None, HOSTS)
    assert [alert.number for alert in drawn] == list(range(1, 10_001))
    assert all(alert.item_index is not None and 0 <= alert.item_index < alert.host.item_count for alert in drawn)
    assert set(Counter(alert.host.id for alert in drawn)) == {1, 3}
    assert set(Counter(alert.severity for alert in drawn)) == set(Severity)
    assert {alert.message for alert in drawn} == set(MESSAGES)


def test_hosts_without_items_are_drawn_when_no_host_has_any() -> None:
    drawn = draw_alerts(1, 10, None, [HostChoice(5, 1, 0)])
    assert {(alert.host.id, alert.item_index) for alert in drawn} == {(5, None)}


@pytest.mark.parametrize("severity", list(Severity))
def test_a_wanted_severity_is_kept(severity: Severity) -> None:
    assert {alert.severity for alert in draw_alerts(1, 20, severity, HOSTS)} == {severity}


def test_the_comment_has_number_and_time() -> None:
    assert (
        comment(3, datetime(2026, 1, 31, 12, 0, 5, 999, UTC)) == "Auto-generated test alert #3 at 2026-01-31T12:00:05Z"
    )
