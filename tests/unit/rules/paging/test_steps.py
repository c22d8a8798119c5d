"""Which step of a page follows which, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.enums import PageTarget
from app.rules.paging.plans import UNTIL_ACKNOWLEDGED, Plan, PlanStep, Target, loop_in, team_plan
from app.rules.paging.steps import Action, Place, Reached, action_at, first_place, place_after

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
WANG, ROTA = Target(PageTarget.USER, 1, "wang"), Target(PageTarget.ROTA, 2, "primary")
PLAN = Plan("db", (PlanStep(0, (ROTA,)), PlanStep(300, (WANG,))), NOON, repeats=1)
REACHED, IN_VAIN = Reached(step=True, round=True), Reached(step=False, round=False)


def seconds(place: Place) -> float:
    return (place.at - NOON).total_seconds()


def walk(plan: Plan, reached: Reached) -> list[tuple[int, int, float]]:
    """Return all places of a plan, each with the seconds since the beginning."""
    place = first_place(plan, NOON)
    found = [place]
    while action_at(plan, place.step) is not Action.END:
        place = place_after(plan, place.round, place.step, reached, place.at)
        found.append(place)
    return [(each.round, each.step, seconds(each)) for each in found]


def test_each_step_waits_its_time_and_the_last_one_as_long_as_the_longest() -> None:
    assert walk(PLAN, REACHED) == [(0, 0, 0), (0, 1, 300), (1, 0, 600), (1, 1, 900), (1, 2, 1200)]


def test_the_first_step_can_wait_too() -> None:
    assert first_place(replace(PLAN, steps=(PlanStep(60, (WANG,)),)), NOON) == Place(0, 0, NOON + timedelta(minutes=1))


def test_a_step_that_reached_nobody_is_not_waited_for() -> None:
    assert walk(replace(PLAN, repeats=0), IN_VAIN) == [(0, 0, 0), (0, 1, 0), (0, 2, 0)]


def test_a_round_that_reached_nobody_is_repeated_after_a_pause_unless_there_is_a_fallback() -> None:
    assert walk(PLAN, IN_VAIN) == [(0, 0, 0), (0, 1, 0), (1, 0, 300), (1, 1, 300), (1, 2, 300)]
    assert walk(replace(PLAN, fallback=WANG), IN_VAIN) == [(0, 0, 0), (0, 1, 0), (0, 2, 0), (0, 3, 0)]


def test_the_fallback_is_told_after_all_rounds_and_has_time_to_answer() -> None:
    plan = replace(PLAN, fallback=WANG)
    assert walk(plan, REACHED)[-2:] == [(1, 2, 1200), (1, 3, 1500)]
    assert [action_at(plan, step) for step in range(4)] == [Action.TAKE, Action.TAKE, Action.FALL_BACK, Action.END]
    assert action_at(replace(PLAN, fallback=PLAN), 2) is Action.CHANGE_PLAN


def test_repeats_until_somebody_acknowledges_end_after_a_day() -> None:
    places = walk(replace(PLAN, repeats=UNTIL_ACKNOWLEDGED), REACHED)
    assert len(places) == 2 * 144 + 1
    assert places[-1] == (143, 2, 24 * 3600)


def test_rounds_are_counted_from_the_first_of_the_plan() -> None:
    plan = PLAN.begun_anew(4, NOON)
    assert [place[:2] for place in walk(plan, REACHED)] == [(4, 0), (4, 1), (5, 0), (5, 1), (5, 2)]


def test_two_rounds_are_at_least_a_minute_apart() -> None:
    plan = replace(PLAN, steps=(PlanStep(0, (WANG,)),))
    assert walk(plan, REACHED) == [(0, 0, 0), (1, 0, 60), (1, 1, 120)]


@pytest.mark.parametrize("fallback", [None, WANG, team_plan(3, "dba", NOON)])
def test_a_plan_is_read_as_it_was_written(fallback: Target | Plan | None) -> None:
    plan = replace(PLAN, fallback=fallback, acknowledgement_s=600, first_round=2, is_reopened=True)
    assert Plan.of(plan.dump(), NOON + timedelta(days=1)) == plan


def test_a_loop_of_fallbacks_is_found_wherever_it_begins() -> None:
    assert loop_in({1: 2, 2: 3}, 1) == ()
    assert loop_in({1: 2, 2: 1}, 1) == [1, 2, 1]
    assert loop_in({1: 2, 2: 3, 3: 2}, 1) == [1, 2, 3, 2]
    assert loop_in({1: 1}, 1) == [1, 1]
