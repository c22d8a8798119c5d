"""The plan of a page: a copy of its escalation, which nobody can change while the page is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from app.enums import PageTarget

UNTIL_ACKNOWLEDGED = -1
"""As a number of repeats: the steps are repeated for a day, until somebody acknowledges."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step pages; the name is for people, and may be that of something that no longer exists."""

    type: PageTarget
    id: int
    name: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return a stored target."""
        return cls(PageTarget(stored["type"]), stored["id"], stored.get("name", ""))

    def dump(self) -> dict[str, Any]:
        """Return the JSON to store."""
        return {"type": str(self.type), "id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step: its targets, and how long after the step before it is taken, in seconds."""

    after_s: int
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return a stored step."""
        return cls(stored["after_s"], tuple(Target.of(each) for each in stored["targets"]))

    def dump(self) -> dict[str, Any]:
        """Return the JSON to store."""
        return {"after_s": self.after_s, "targets": [target.dump() for target in self.targets]}


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a page. `fallback` is told when they are over: a target, or the plan of another escalation."""

    name: str
    steps: tuple[PlanStep, ...]
    began_at: datetime
    repeats: int = 0
    acknowledgement_s: int | None = None
    fallback: "Target | Plan | None" = None
    first_round: int = 0
    """The rounds of a page are numbered on when it goes on with another plan, or is opened again."""
    is_reopened: bool = False
    """Whether an acknowledgement expired: that its alerts are acknowledged then means nothing."""

    @classmethod
    def of(cls, stored: Mapping[str, Any], began_at: datetime) -> Self:
        """Return a stored plan, or an escalation, whose steps begin at `began_at` unless it says when."""
        begun = stored.get("began_at")
        return cls(
            stored.get("name", ""),
            tuple(PlanStep.of(each) for each in stored["steps"]),
            datetime.fromisoformat(begun) if begun else began_at,
            stored.get("repeats", 0),
            stored.get("acknowledgement_s"),
            _fallback_of(stored.get("fallback"), began_at),
            stored.get("first_round", 0),
            stored.get("is_reopened", False),
        )

    def dump(self) -> dict[str, Any]:
        """Return the JSON to store."""
        return {
            "name": self.name,
            "steps": [step.dump() for step in self.steps],
            "began_at": self.began_at.isoformat(),
            "repeats": self.repeats,
            "acknowledgement_s": self.acknowledgement_s,
            "fallback": self.fallback.dump() if self.fallback is not None else None,
            "first_round": self.first_round,
            "is_reopened": self.is_reopened,
        }

    def begun_anew(self, round: int, now: datetime) -> "Plan":
        """Return the plan as it begins with this round."""
        return replace(self, first_round=round, began_at=now)

    def reopened(self) -> "Plan":
        """Return the plan of a page that is open again although its alerts are acknowledged."""
        return replace(self, is_reopened=True)


def team_plan(team_id: int, name: str, began_at: datetime) -> Plan:
    """Return the plan of a page for all members of a team."""
    return Plan(name, (PlanStep(0, (Target(PageTarget.TEAM, team_id, name),)),), began_at)


def loop_in(fallbacks: Mapping[int, int], start: int) -> Sequence[int]:
    """Return the escalations through which `start` leads back to one that was passed; empty if it does not.

    `fallbacks` has the escalation that each escalation falls back to.
    """
    path = [start]
    while path[-1] in fallbacks:
        path.append(fallbacks[path[-1]])
        if path[-1] in path[:-1]:
            return path
    return ()


def _fallback_of(stored: Mapping[str, Any] | None, began_at: datetime) -> Target | Plan | None:
    if stored is None:
        return None
    return Plan.of(stored, began_at) if "steps" in stored else Target.of(stored)
