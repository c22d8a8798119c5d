"""Progress messages: what a task says of its step is read again."""

import pytest

from app.rules.progress_messages import ProgressUnit, counted, of_part, read_message


@pytest.mark.parametrize("unit", ProgressUnit)
def test_each_unit_is_read_again(unit: ProgressUnit) -> None:
    assert read_message(counted((12, unit))) == (None, [(12, unit)])


def test_several_counts_and_a_part_are_read_again() -> None:
    counts = counted((5, ProgressUnit.VALUES), (2, ProgressUnit.HOURS))
    assert counts == "5 values, 2 hours"
    assert read_message(of_part("pull_alerts", counts)) == (
        "pull_alerts",
        [(5, ProgressUnit.VALUES), (2, ProgressUnit.HOURS)],
    )
    assert read_message(of_part("pull_hosts", "")) == ("pull_hosts", [])


@pytest.mark.parametrize("text", ["", "almost done", "5 apples", "5 hosts, soon", "5 hosts\n"])
def test_any_other_text_is_left_alone(text: str) -> None:
    assert read_message(text) is None
