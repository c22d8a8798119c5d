"""What becomes of an alert report by report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.enums import AlertEventKind, AlertStatus, QuietKind, ReportWay, Resolution, Severity
from app.rules.alerts.alert_changes import AlertState, changes, follow, is_flapping
from app.rules.alerts.alert_reports import AlertReport, Quiet

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FIRING = AlertReport("zabbix", "7", True, "磁盘空间不足", Severity.WARNING)
OVER = replace(FIRING, is_firing=False)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def story(*reports: tuple[float, AlertReport]) -> tuple[AlertState, list[str]]:
    """Return the state after reports at these minutes, and what happened on the way."""
    state: AlertState | None = None
    happened: list[str] = []
    for minutes, report in reports:
        state, events = follow(state, report, after(minutes))
        happened += [str(event) for event in events]
    assert state is not None
    return state, happened


def test_a_repeat_counts_and_is_seen() -> None:
    state, happened = story((0, FIRING), (1, FIRING), (5, FIRING))
    assert (state.count, state.first_seen_at, state.last_seen_at) == (3, NOON, after(5))
    assert happened == ["fired"]


def test_a_resolve_resolves_once() -> None:
    state, happened = story((0, FIRING), (1, OVER), (2, OVER))
    assert (state.status, state.resolved_at, state.count) == (AlertStatus.RESOLVED, after(1), 1)
    assert happened == ["fired", "resolved"]


def test_a_resolve_of_something_unknown_is_nothing() -> None:
    assert follow(None, OVER, NOON) == (None, ())


@pytest.mark.parametrize(
    ("minutes", "occurrence", "happened"),
    [(61, 1, ["fired", "resolved", "reopened"]), (61.1, 2, ["fired", "resolved", "fired"])],
)
def test_a_firing_within_an_hour_of_the_end_reopens_and_later_is_new(
    minutes: float, occurrence: int, happened: list[str]
) -> None:
    state, events = story((0, FIRING), (1, OVER), (minutes, FIRING))
    assert (state.occurrence, state.status, state.resolved_at, events) == (
        occurrence,
        AlertStatus.ACTIVE,
        None,
        happened,
    )
    assert state.first_seen_at == (NOON if occurrence == 1 else after(minutes))


def test_a_new_severity_and_message_are_taken_over() -> None:
    worse = replace(FIRING, severity=Severity.CRITICAL, message="磁盘已满")
    state, happened = story((0, FIRING), (1, worse))
    assert (state.severity, state.message) == (Severity.CRITICAL, "磁盘已满")
    assert happened == ["fired", "escalated", "changed"]
    assert story((0, worse), (1, replace(worse, severity=Severity.WARNING)))[1] == ["fired", "eased"]


def test_an_acknowledgement_at_the_source_is_followed_and_its_absence_takes_nothing_back() -> None:
    state, happened = story((0, FIRING), (1, replace(FIRING, is_acknowledged=True)), (2, FIRING))
    assert state.status is AlertStatus.ACKNOWLEDGED
    assert happened == ["fired", "acknowledged"]


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    over, _ = story((0, FIRING), (5, OVER))
    assert follow(over, FIRING, after(4)) == (over, ())
    seen, _ = story((0, FIRING), (5, FIRING))
    assert follow(seen, OVER, after(4)) == (seen, ())
    late, events = follow(seen, replace(FIRING, message="old"), after(4))
    assert late == replace(seen, count=3)
    assert events == ()


def test_what_comes_back_three_times_in_a_row_flaps_until_an_hour_passed() -> None:
    flaps = [(2.0 * number + end, OVER if end else FIRING) for number in range(4) for end in (0, 1)]
    state, happened = story(*flaps)
    assert (state.flaps, happened.count(AlertEventKind.REOPENED)) == (3, 3)
    assert is_flapping(state.flaps, state.flapped_at, after(66))
    assert not is_flapping(state.flaps, state.flapped_at, after(67))
    assert not is_flapping(2, after(5), after(6))
    calm, _ = story((0, FIRING), (1, OVER), (2, FIRING), (50, FIRING), (70, OVER), (80, FIRING))
    assert calm.flaps == 1


def test_what_is_quiet_at_the_source_is_kept_and_says_what_keeps_it_quiet() -> None:
    silence = Quiet(QuietKind.SILENCE, id="s1", by="王伟", until=after(60))
    begun, _ = story((0, replace(FIRING, quiet=silence)))
    assert begun.silenced_by == silence.as_dict()
    assert Quiet.from_dict(begun.silenced_by) == silence
    unknown, _ = follow(begun, replace(FIRING, is_quiet_known=False), after(1))
    assert unknown is not None and unknown.silenced_by == silence.as_dict(), "nobody could say that it ended"
    unspoken, _ = follow(begun, replace(FIRING, unspoken=(QuietKind.SILENCE,)), after(1))
    assert unspoken is not None and unspoken.silenced_by == silence.as_dict(), "it cannot speak of silences"
    of_others, _ = follow(begun, replace(FIRING, unspoken=(QuietKind.SYMPTOM,)), after(1))
    assert of_others is not None and of_others.silenced_by is None
    loud, _ = follow(begun, FIRING, after(1))
    assert loud is not None and loud.silenced_by is None
    only_said, _ = story((0, FIRING), (1, replace(FIRING, is_suppressed=True)))
    assert only_said.silenced_by is not None and only_said.silenced_by["kind"] == QuietKind.SOURCE


@pytest.mark.parametrize("started", [0, -300], ids=["as it ended", "earlier"])
def test_a_late_firing_report_of_what_its_source_ended_reopens_nothing(started: int) -> None:
    begun = replace(FIRING, started_at=after(-180))
    over, _ = story((0, begun), (5, replace(begun, is_firing=False, ended_at=after(-178))))
    late = replace(begun, started_at=after(-180 + started))
    assert follow(over, late, after(6)) == (over, ())
    again, happened = follow(over, replace(begun, started_at=after(-170)), after(6))
    assert again is not None and (again.status, happened) == (AlertStatus.ACTIVE, [AlertEventKind.REOPENED])


def test_a_pull_is_never_late_and_an_end_that_nobody_reported_may_be_wrong() -> None:
    begun = replace(FIRING, started_at=after(-180))
    over, _ = story((0, begun), (5, replace(begun, is_firing=False)))
    assert follow(over, begun, after(6), ReportWay.PULL)[1] == [AlertEventKind.REOPENED]
    absent = replace(over, resolution=Resolution.ABSENT)
    assert follow(absent, begun, after(6))[1] == [AlertEventKind.REOPENED]


def test_an_end_that_comes_first_is_kept_and_its_beginning_opens_nothing() -> None:
    begun = replace(FIRING, started_at=after(-10))
    over, happened = follow(None, replace(begun, is_firing=False, ended_at=after(-5)), NOON)
    assert over is not None and (over.status, happened) == (AlertStatus.RESOLVED, (AlertEventKind.RESOLVED,))
    assert follow(over, begun, after(1)) == (over, ())
    assert follow(None, OVER, NOON) == (None, ()), "of what never said when it began nothing can be late"


def test_the_late_end_of_an_earlier_time_ends_nothing() -> None:
    earlier, later = replace(FIRING, started_at=after(-60)), replace(FIRING, started_at=after(-10))
    state, _ = story((0, earlier), (1, later))
    assert (state.started_at, state.last_started_at) == (after(-60), after(-10))
    assert follow(state, replace(earlier, is_firing=False, ended_at=after(-50)), after(2)) == (state, ())
    assert follow(state, replace(earlier, is_firing=False, ended_at=after(-5)), after(2))[1] == (
        AlertEventKind.RESOLVED,
    )


def test_a_beginning_in_the_future_keeps_no_end_away() -> None:
    begun = replace(FIRING, started_at=after(5))
    over, happened = story((0, begun), (1, replace(OVER, started_at=after(1), ended_at=after(1))))
    assert (over.status, happened) == (AlertStatus.RESOLVED, ["fired", "resolved"])
    assert follow(over, replace(FIRING, started_at=after(1)), after(2)) == (over, ())
    assert follow(over, replace(FIRING, started_at=after(2)), after(2))[1] == [AlertEventKind.REOPENED]


def test_a_clock_that_is_ahead_by_hours_ends_and_reopens_as_any_other() -> None:
    begun = replace(FIRING, started_at=after(180))
    over, happened = story((0, begun), (5, replace(begun, is_firing=False, ended_at=after(185))))
    assert (over.status, happened) == (AlertStatus.RESOLVED, ["fired", "resolved"])
    assert follow(over, begun, after(6)) == (over, ())
    assert follow(over, replace(begun, started_at=after(186)), after(7))[1] == [AlertEventKind.REOPENED]


def test_an_end_in_the_second_of_the_beginning_counts_though_it_comes_without_fractions() -> None:
    begun = replace(FIRING, started_at=NOON.replace(microsecond=779_000))
    end = replace(OVER, ended_at=NOON)
    assert story((0, begun), (1, end))[1] == ["fired", "resolved"]


def test_what_a_brief_report_leaves_out_stays_known() -> None:
    full = replace(FIRING, description="91 %", value="91", labels={"pod": "a"}, annotations={"runbook": "r"})
    state, _ = story((0, full))
    brief, happened = follow(state, replace(FIRING, is_whole=False), after(1))
    assert brief is not None
    assert (brief.description, brief.value, brief.labels, brief.annotations, happened) == (
        *("91 %", "91", {"pod": "a"}, {"runbook": "r"}),
        [],
    )
    said, _ = follow(state, replace(FIRING, is_whole=False, value="92"), after(1))
    assert said is not None and (said.value, said.labels) == ("92", {"pod": "a"})


def test_what_a_repeat_says_anew_is_taken_over_and_told() -> None:
    full = replace(FIRING, description="91 %", value="91", labels={"pod": "a", "zone": "x"})
    fuller = replace(
        full, description="99 %", value="99", labels={"pod": "b"}, annotations={"summary": "s", "run": "r"}
    )
    before, _ = story((0, full))
    after_it, happened = follow(before, fuller, after(1))
    assert after_it is not None and (after_it.description, after_it.labels) == ("99 %", {"pod": "b"})
    assert happened == [AlertEventKind.CHANGED]
    assert changes(before, after_it) == {
        "description": ["91 %", "99 %"],
        "value": ["91", "99"],
        "labels.pod": ["a", "b"],
        "labels.zone": ["x", None],
        "annotations.run": [None, "r"],
    }
    assert follow(after_it, fuller, after(2))[1] == []


def test_a_value_that_only_pulls_know_does_not_come_and_go() -> None:
    pulled = replace(FIRING, value="91")
    state, happened = story((0, FIRING), (1, pulled), (2, FIRING), (3, pulled), (4, FIRING))
    assert (state.value, happened) == ("91", ["fired", "changed"])


def test_a_stale_alert_is_confirmed_by_its_source() -> None:
    state, _ = story((0, FIRING))
    again, happened = follow(replace(state, is_stale=True), FIRING, after(1))
    assert again is not None and (again.is_stale, happened) == (False, [AlertEventKind.CONFIRMED])
