"""Makes the plan of a page: a copy of an escalation, with those that it falls back to, and all names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.enums import PageTarget, RouteTarget
from app.rules.paging.plans import Plan, PlanStep, Target, team_plan
from app.store.paging import escalations

GONE = "?"


def plan_for(connection: Connection, route: Mapping[Any, Any], now: datetime) -> Plan | None:
    """Return the plan of a page of a route; None if what it ends at is gone."""
    if route["target"] == RouteTarget.TEAM:
        team_id = route["team_id"]
        name = escalations.names(connection, PageTarget.TEAM, [team_id]).get(team_id)
        return None if name is None else team_plan(team_id, name, now)
    return _plan(connection, route["escalation_id"], now, ())


def _plan(connection: Connection, escalation_id: int, now: datetime, passed: tuple[int, ...]) -> Plan | None:
    row = escalations.find(connection, escalation_id)
    # Loops are refused when an escalation is saved; two that are saved at once could still make one.
    if row is None or escalation_id in passed:
        return None
    steps = tuple(PlanStep(step["after_s"], _targets(connection, step["targets"])) for step in row["steps"])
    fallback: Target | Plan | None = None
    if row["fallback"] is not None and row["fallback"]["type"] == PageTarget.ESCALATION:
        fallback = _plan(connection, row["fallback"]["id"], now, (*passed, escalation_id))
    elif row["fallback"] is not None:
        (fallback,) = _targets(connection, [row["fallback"]])
    return Plan(row["name"], steps, now, row["repeats"], row["acknowledgement_s"], fallback)


def _targets(connection: Connection, stored: list[Mapping[str, Any]]) -> tuple[Target, ...]:
    found = [Target.of(each) for each in stored]
    names = {
        type_: escalations.names(connection, type_, [each.id for each in found if each.type is type_])
        for type_ in {each.type for each in found}
    }
    return tuple(Target(each.type, each.id, names[each.type].get(each.id, GONE)) for each in found)
