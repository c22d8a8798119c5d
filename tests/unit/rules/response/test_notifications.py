"""Which changes a rule is about, when it is quiet, and what is left to tell after that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.enums import AlertEventKind, AlertStatus, Language, NotificationKind, Severity
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.syntax import parse
from app.rules.response.notifications import Change, Rule, is_quiet, kind_of, to_notify
from app.rules.response.route_filters import does_match

FIRED, ACKNOWLEDGED, RESOLVED = NotificationKind
NIGHT = datetime(2026, 1, 31, 23, 0, tzinfo=UTC)
DAY = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
RULE = Rule(
    id=1,
    min_severity=0,
    monitor_id=None,
    group=None,
    on=frozenset(NotificationKind),
    quiet_from=None,
    quiet_until=None,
    timezone="UTC",
    language=Language.ENGLISH,
    batch_s=10,
)
QUIET = replace(RULE, quiet_from="22:00", quiet_until="07:00")


def change(event_id: int, kind: NotificationKind = FIRED, **values: Any) -> Change:
    base = Change(
        event_id=event_id,
        at=DAY,
        kind=kind,
        username=None,
        alert_id=1,
        message="Disk space running low",
        severity=Severity.WARNING,
        status=AlertStatus.ACTIVE,
        suppressed=False,
        monitor_id=1,
        host_name="web-01",
        groups=("web", "机房"),
    )
    return replace(base, **values)


def test_what_people_are_told_of() -> None:
    told = {kind: kind_of(kind) for kind in AlertEventKind}
    assert {kind for kind, repeats_secret in told.items() if repeats_secret is FIRED} == {
        *("fired", "reopened", "returned", "escalated")
    }
    assert (told[AlertEventKind.ACKNOWLEDGED], told[AlertEventKind.RESOLVED]) == (ACKNOWLEDGED, RESOLVED)
    assert {kind for kind, repeats_secret in told.items() if repeats_secret is None} == {
        *("eased", "snoozed", "suppressed", "commented", "changed", "stale", "confirmed")
    }


@pytest.mark.parametrize(
    ("limits", "is_matched"),
    [
        ({}, True),
        ({"min_severity": 1}, True),
        ({"min_severity": 2}, False),
        ({"monitor_id": 1}, True),
        ({"monitor_id": 2}, False),
        ({"group": "机房"}, True),
        ({"group": "we"}, False),
        ({"on": frozenset({"resolved"})}, False),
        ({"monitor_id": 1, "group": "db"}, False),
    ],
)
def test_all_limits_of_a_rule_must_hold(limits: dict[str, Any], is_matched: bool) -> None:
    assert does_match(replace(RULE, **limits), change(1)) is is_matched


@pytest.mark.parametrize(
    ("match", "is_matched"),
    [("team=pay", True), ("team=shop", False), ('alert.host=~"web.*"', True), ('team=pay,alert.host!="web-01"', False)],
)
def test_the_matchers_of_a_rule_must_hold(match: str, is_matched: bool) -> None:
    rule = replace(RULE, match=parse(match, ALERT_FIELDS))
    told = change(1, labels={"team": "pay"}, fields={"alert.host": ("web-01",)})
    assert does_match(rule, told) is is_matched


@pytest.mark.parametrize(
    ("hours", "time", "is_in"),
    [
        (("22:00", "07:00"), "21:59", False),
        (("22:00", "07:00"), "22:00", True),
        (("22:00", "07:00"), "00:00", True),
        (("22:00", "07:00"), "06:59", True),
        (("22:00", "07:00"), "07:00", False),
        (("12:00", "13:30"), "11:59", False),
        (("12:00", "13:30"), "13:29", True),
        (("12:00", "13:30"), "13:30", False),
        ((None, None), "03:00", False),
    ],
)
def test_quiet_hours(hours: tuple[str | None, str | None], time: str, is_in: bool) -> None:
    rule = replace(RULE, quiet_from=hours[0], quiet_until=hours[1])
    assert is_quiet(rule, datetime.fromisoformat(f"2026-01-31T{time}:59+00:00")) is is_in


def test_quiet_hours_are_those_of_the_clock_on_the_wall() -> None:
    shanghai = replace(QUIET, timezone="Asia/Shanghai")
    assert is_quiet(shanghai, datetime(2026, 1, 31, 14, 0, tzinfo=UTC))
    assert not is_quiet(shanghai, datetime(2026, 1, 31, 23, 0, tzinfo=UTC))
    berlin = replace(QUIET, timezone="Europe/Berlin")
    # In the night of 29 March the clocks go from 2:00 to 3:00, in that of 25 October from 3:00 back to 2:00.
    for day, last_quiet, first_loud in (("03-28", "05:59", "06:00"), ("03-29", "04:59", "05:00")):
        assert is_quiet(berlin, datetime.fromisoformat(f"2026-{day}T{last_quiet}+00:00"))
        assert not is_quiet(berlin, datetime.fromisoformat(f"2026-{day}T{first_loud}+00:00"))
    assert is_quiet(berlin, datetime(2026, 10, 25, 5, 59, tzinfo=UTC))
    assert not is_quiet(berlin, datetime(2026, 10, 25, 6, 0, tzinfo=UTC))
    between_two_and_three = replace(berlin, quiet_from="02:00", quiet_until="03:00")
    quiet = [
        is_quiet(between_two_and_three, datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(hours=hour))
        for hour in range(3)
    ]
    assert quiet == [True, True, False], "the hour that comes twice is quiet twice"


def test_what_fired_and_ended_in_quiet_hours_is_not_told() -> None:
    over = [change(1, at=NIGHT), change(2, ACKNOWLEDGED, at=NIGHT), change(3, RESOLVED, at=NIGHT)]
    over = [replace(each, status=AlertStatus.RESOLVED) for each in over]
    other = change(4, alert_id=2, at=NIGHT)
    assert to_notify(QUIET, [other, *over]) == [other]
    only_fired = replace(QUIET, on=frozenset({"fired"}))
    assert to_notify(only_fired, [over[0], other]) == [other]


def test_the_end_of_what_was_told_before_the_quiet_hours_is_told_after_them() -> None:
    ended = change(3, RESOLVED, at=NIGHT, status=AlertStatus.RESOLVED)
    assert to_notify(QUIET, [ended]) == [ended]
    again = [change(4, at=NIGHT), change(5, RESOLVED, at=NIGHT)]
    again = [replace(each, status=AlertStatus.RESOLVED) for each in again]
    assert to_notify(QUIET, [ended, *again]) == [ended]


def test_what_came_back_and_still_stands_is_told_once() -> None:
    first, end, second = change(1, at=NIGHT), change(2, RESOLVED, at=NIGHT), change(3, at=NIGHT)
    assert to_notify(QUIET, [first, end, second]) == [second]


def test_what_fired_just_before_the_quiet_hours_waited_too() -> None:
    before = datetime(2026, 1, 31, 21, 59, 55, tzinfo=UTC)
    over = [change(1, at=before), change(2, RESOLVED, at=NIGHT)]
    assert to_notify(QUIET, [replace(each, status=AlertStatus.RESOLVED) for each in over]) == []


def test_within_a_batch_both_are_told() -> None:
    over = [change(1, status=AlertStatus.RESOLVED), change(2, RESOLVED, status=AlertStatus.RESOLVED)]
    assert to_notify(QUIET, over) == over


def test_what_is_suppressed_by_now_is_not_told() -> None:
    assert to_notify(RULE, [change(1, suppressed=True), change(2, alert_id=2)]) == [change(2, alert_id=2)]
