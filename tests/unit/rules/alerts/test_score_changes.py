"""The drops of a history, and what happened as a few lines."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.enums import AlertEventKind, Severity
from app.rules.alerts.score_changes import drops, summed_up

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def history(*scores: int) -> list[dict[str, Any]]:
    return [{"at": NOON + timedelta(minutes=5 * number), "score": score} for number, score in enumerate(scores)]


def event(second: int, kind: AlertEventKind, message: str = "m", **values: Any) -> dict[str, Any]:
    row = {"at": NOON + timedelta(seconds=second), "kind": kind, "message": message, "severity": Severity.WARNING}
    return {**row, "alert_id": second, "host": f"h{second}", "username": None, "source": "test", **values}


def test_a_fall_over_several_samples_is_one_drop() -> None:
    found = drops(history(90, 80, 70, 75, 60, 60, 59), 10)
    assert [(drop.begin["score"], drop.end["score"]) for drop in found] == [(75, 60), (90, 70)]


def test_the_largest_drops_are_kept_and_stand_in_the_order_of_time() -> None:
    found = drops(history(90, 80, 85, 84, 50, 60, 55), 2)
    assert [drop.points for drop in found] == [35, 10]
    assert drops(history(90), 2) == drops([], 2) == []


def test_what_happened_to_many_alerts_in_a_minute_is_one_line() -> None:
    fired, resolved = AlertEventKind.FIRED, AlertEventKind.RESOLVED
    found = summed_up(
        [
            *(event(second, fired) for second in (1, 2, 3, 4, 59)),
            event(5, fired, "heavy", severity=Severity.CRITICAL, host=None),
            event(6, resolved, username="anna"),
            event(60, fired),
        ]
    )
    lines = [(line["minute"].minute, line["kind"], line["message"], line["count"]) for line in found]
    assert lines == [(0, fired, "m", 5), (0, fired, "heavy", 1), (0, resolved, "m", 1), (1, fired, "m", 1)]
    assert [line["lowers"] for line in found] == [True, True, False, True]
    assert (found[0]["hosts"], found[0]["host_count"], found[0]["alert_id"]) == (["h1", "h2", "h3"], 5, 1)
    assert (found[1]["hosts"], found[2]["users"]) == ([], ["anna"])
