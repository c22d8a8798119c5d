"""Who stands for a fault that several alerts tell."""

from typing import Any

from app.enums import Severity
from app.rules.machines.witnesses import Standing, arrange, differences


def standing(id: int, monitor_id: int, **changes: Any) -> Standing:
    return Standing(
        **{
            "id": id,
            "monitor_id": monitor_id,
            "severity": Severity.WARNING,
            "fault": "cpu",
            "is_quiet": False,
            **changes,
        }
    )


def test_the_first_stands_for_all_others_of_other_monitors() -> None:
    alerts = [standing(1, 1), standing(2, 2), standing(3, 1), standing(4, 3), standing(5, 2, fault="disk")]
    assert arrange(alerts) == {1: None, 2: 1, 3: None, 4: 1, 5: None}


def test_the_most_severe_stands_and_a_fresh_one_does_not_push_an_equal_aside() -> None:
    assert arrange([standing(1, 1), standing(2, 2, severity=Severity.CRITICAL)]) == {1: 2, 2: None}
    assert arrange([standing(1, 1), standing(2, 2)], fresh=[1]) == {1: 2, 2: None}


def test_a_quiet_one_stands_for_nobody() -> None:
    assert arrange([standing(1, 1, is_quiet=True), standing(2, 2)]) == {1: 2, 2: None}
    assert arrange([standing(1, 1, is_quiet=True), standing(2, 2, is_quiet=True)]) == {1: None, 2: None}


def test_what_nobody_can_name_stands_for_itself() -> None:
    assert arrange([standing(1, 1, fault=None), standing(2, 2, fault=None)]) == {1: None, 2: None}


def test_only_differences_are_told() -> None:
    assert differences([standing(1, 1), standing(2, 2, witness_of=1), standing(3, 3, witness_of=9)]) == {3: 1}
