"""Says whom a route that takes an alert would tell now, found as the steps of a page find it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from app.enums import PageTarget, RouteTarget
from app.rules.paging.plans import Plan, Target
from app.store.response import routes

Row = Mapping[Any, Any]
Reason = Mapping[str, Any]


class Recipient(Protocol):
    """A channel to which a message goes, and when; the person is None for a shared channel."""

    @property
    def channel_name(self) -> str:
        """The name of the channel."""

    @property
    def due_at(self) -> datetime:
        """When the person's rules let it go out."""

    @property
    def user_id(self) -> int | None:
        """The person."""

    @property
    def username(self) -> str | None:
        """The person's name."""


class Found(Protocol):
    """Whom targets reach, and what keeps it from others."""

    @property
    def recipients(self) -> Sequence[Recipient]:
        """The channels, in the order of their messages."""

    @property
    def missed(self) -> Sequence[Reason]:
        """A `code` for each that is not reached, and what its sentence names."""


Find = Callable[[Connection, Iterable[Target], int, datetime], Found]
"""Returns whom targets are now, for a severity."""
PlanOf = Callable[[Connection, Row, datetime], Plan | None]
"""Returns the plan of a page of a route; None if what it ends at is gone."""


class RouteReach:
    """Reads rotas, teams and contact rules as they are now."""

    def __init__(self, plan_of: PlanOf, find: Find) -> None:
        self._plan_of = plan_of
        self._find = find

    def find(self, connection: Connection, route: Row, severity: int, now: datetime) -> dict[str, Any]:
        """Return `name` of what a route ends at, `people`, `channels`, and `missed` with what keeps it from others.

        `step` is the first step of an escalation that reaches somebody, from 0; its fallback comes after the steps.
        """
        match RouteTarget(route["target"]):
            case RouteTarget.NONE:
                return _shown(None)
            case RouteTarget.CHANNEL:
                return self._channel(connection, route, severity, now)
            case target:
                plan = self._plan_of(connection, route, now)
                return self._first_step(connection, plan, severity, now, is_counted=target is RouteTarget.ESCALATION)

    def _channel(self, connection: Connection, route: Row, severity: int, now: datetime) -> dict[str, Any]:
        channel = None if route["channel_id"] is None else routes.target(connection, "channel_id", route["channel_id"])
        if channel is None:
            # The previous release wrote it: its address is its own.
            return _shown(route["name"]) | {"channels": [route["name"]]}
        target = Target(PageTarget.CHANNEL, channel["id"], channel["name"])
        return _shown(channel["name"], self._find(connection, [target], severity, now), now)

    def _first_step(
        self, connection: Connection, plan: Plan | None, severity: int, now: datetime, *, is_counted: bool
    ) -> dict[str, Any]:
        if plan is None:
            return _shown(None)
        missed: list[Reason] = []
        for number, targets in _steps_of(plan):
            found = self._find(connection, targets, severity, now)
            missed += found.missed
            if found.recipients:
                step = number if is_counted else None
                return _shown(plan.name, found, now) | {"missed": _each_once(missed), "step": step}
        return _shown(plan.name) | {"missed": _each_once(missed)}


def _steps_of(plan: Plan) -> Iterator[tuple[int, Sequence[Target]]]:
    """Return the targets of all steps, then those of the fallback, which may be another plan with steps of its own."""
    for number, step in enumerate(plan.steps):
        yield number, step.targets
    match plan.fallback:
        case Target() as target:
            yield len(plan.steps), [target]
        case Plan() as other:
            for _, targets in _steps_of(other):
                yield len(plan.steps), targets


def _shown(name: str | None, found: Found | None = None, now: datetime | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "people": [], "channels": [], "missed": [], "step": None}
    if found is None or now is None:
        return shown
    people: dict[int, dict[str, Any]] = {}
    for each in found.recipients:
        if each.user_id is None:
            shown["channels"].append(each.channel_name)
            continue
        after_s = max(0, int((each.due_at - now).total_seconds()))
        person = {"user_id": each.user_id, "username": each.username, "after_s": after_s}
        known = people.setdefault(each.user_id, person)
        known["after_s"] = min(known["after_s"], after_s)
    return shown | {"people": sorted(people.values(), key=lambda each: each["username"]), "missed": [*found.missed]}


def _each_once(reasons: Iterable[Reason]) -> list[Reason]:
    found: list[Reason] = []
    for reason in reasons:
        if reason not in found:
            found.append(reason)
    return found
