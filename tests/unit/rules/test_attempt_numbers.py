"""The number of a failed attempt means what the count of attempts means."""

from datetime import UTC, datetime, timedelta

import pytest

from app.enums import TaskState
from app.rules.attempt_numbers import numbered

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def failed(*stored: int) -> list[dict[str, object]]:
    return [{"attempt": number, "finished_at": NOON + timedelta(minutes=number)} for number in stored]


@pytest.mark.parametrize(
    ("stored", "attempts", "state", "numbers"),
    [
        ([1, 2, 3, 4], 4, TaskState.DEAD, [1, 2, 3, 4]),
        ([2], 1, TaskState.DEAD, [1]),  # a sync leaves its worker under a new number
        ([1, 3], 2, TaskState.RETRYING, [1, 2]),  # the second attempt was interrupted
        ([1, 2], 0, TaskState.QUEUED, [None, None]),  # retried by hand
        ([1, 2, 3], 2, TaskState.RUNNING, [None, None, 1]),
        ([1], 2, TaskState.SUCCEEDED, [1]),
        ([], 1, TaskState.SUCCEEDED, []),
    ],
)
def test_failed_attempts_have_the_numbers_that_count(
    stored: list[int], attempts: int, state: str, numbers: list[int | None]
) -> None:
    assert [each["number"] for each in numbered(failed(*stored), attempts, state)] == numbers


def test_the_attempt_that_a_cancellation_ended_has_not_failed() -> None:
    history = failed(1)
    running, waiting = NOON + timedelta(hours=1), NOON
    assert [each["number"] for each in numbered(history, 2, TaskState.CANCELLED, running)] == [1]
    assert [each["number"] for each in numbered(history, 1, TaskState.CANCELLED, waiting)] == [1]
