"""Reads from the database who is on call; opens no transaction of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.rules.oncall.holidays import Holidays
from app.rules.oncall.layers import layers_of, zone_of
from app.rules.oncall.shifts import MOMENT, Override, Rota, on_call
from app.rules.oncall.spans import Span
from app.store.contacts import people
from app.store.oncall import overrides, rotas


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides who is on call in a span, as it is in the database now."""

    rota_id: int
    name: str
    rota: Rota
    enabled: Mapping[int, bool]
    """The users who exist, and whether each is enabled."""
    usernames: Mapping[int, str]


def people_of(connection: Connection, rota_id: int, at: datetime) -> list[int]:
    """Return the ids of the enabled users who are on call at a time; none if nobody is or the rota does not exist."""
    row = rotas.plan(connection, rota_id)
    if row is None:
        return []
    plan = plan_of(connection, row, Span(at, at + MOMENT))
    found = on_call(plan.rota, plan.enabled, at).user_id
    return [] if found is None else [found]


def plan_of(connection: Connection, row: Mapping[Any, Any], wanted: Span) -> Plan:
    """Return what decides who is on call in a span, from a rota's row."""
    zone, layers = zone_of(row["timezone"]), layers_of(row["layers"])
    taken = overrides.within(connection, row["id"], *wanted)
    named = {user for layer in layers for user in layer.users} | {each["user_id"] for each in taken}
    known = people.find(connection, named)
    rota = Rota(
        zone=zone,
        layers=layers,
        holidays=Holidays(row["holidays"], zone),
        overrides=[Override(each["id"], each["user_id"], Span(each["starts_at"], each["ends_at"])) for each in taken],
    )
    return Plan(
        rota_id=row["id"],
        name=row["name"],
        rota=rota,
        enabled={each["id"]: each["enabled"] for each in known},
        usernames={each["id"]: each["username"] for each in known},
    )
