"""Decides which step of a page follows which, and when: functions of the plan, the place in it, and the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.rules.paging.plans import UNTIL_ACKNOWLEDGED, Plan, Target

LONGEST = timedelta(hours=24)
"""How long the steps are repeated at most if that is until somebody acknowledges."""
SHORTEST_PAUSE_S = 60


class Action(StrEnum):
    """What a page does at a place in its plan."""

    TAKE = "take"
    FALL_BACK = "fall_back"
    """Tell the target that stands in when the steps reached nobody."""
    CHANGE_PLAN = "change_plan"
    """Go on with the plan of another escalation."""
    END = "end"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the plan of a page, and when it is reached."""

    round: int
    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether a message to anybody was made in the last step, and in its whole round."""

    step: bool
    round: bool


def first_place(plan: Plan, now: datetime) -> Place:
    """Return the first place of a plan that begins now."""
    return Place(plan.first_round, 0, now + timedelta(seconds=plan.steps[0].after_s))


def action_at(plan: Plan, step: int) -> Action:
    """Return what is done at a step: after those of the plan there is its fallback, and then the end."""
    if step < len(plan.steps):
        return Action.TAKE
    if step == len(plan.steps) and plan.fallback is not None:
        return Action.FALL_BACK if isinstance(plan.fallback, Target) else Action.CHANGE_PLAN
    return Action.END


def place_after(plan: Plan, round: int, step: int, reached: Reached, now: datetime) -> Place:
    """Return the place after a step that was just taken.

    Who was reached has the time of the next step to answer; a step that reached nobody is not waited for. A round that
    reached nobody is not repeated if there is a fallback.
    """
    last = len(plan.steps) - 1
    if step < last:
        return Place(round, step + 1, now + timedelta(seconds=plan.steps[step + 1].after_s if reached.step else 0))
    rest = now + (pause_of(plan) if reached.step else timedelta(0))
    if step > last:
        return Place(round, step + 1, rest)
    is_in_vain = not reached.round and plan.fallback is not None
    if not is_in_vain and _is_repeated(plan, round, now):
        return Place(round + 1, 0, now + pause_of(plan))
    return Place(round, step + 1, rest)


def pause_of(plan: Plan) -> timedelta:
    """Return how long the last step has before the next round, or the end: as long as the longest wait of a step."""
    return timedelta(seconds=max(SHORTEST_PAUSE_S, *(step.after_s for step in plan.steps)))


def _is_repeated(plan: Plan, round: int, now: datetime) -> bool:
    if plan.repeats == UNTIL_ACKNOWLEDGED:
        return now + pause_of(plan) < plan.began_at + LONGEST
    return round - plan.first_round < plan.repeats
