"""Refuses to delete what a route or an escalation needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app.enums import PageTarget
from app.errors import Conflict
from app.store.contacts import uses

MAX_NAMED = 10


def refuse_used_team(connection: Connection, team_id: int, name: str) -> None:
    """Raise Conflict naming the routes and escalations that page a team."""
    _refuse(f"the team {name}", uses.routes_to_team(connection, team_id), _paging(connection, PageTarget.TEAM, team_id))


def refuse_used_channel(connection: Connection, channel_id: int, name: str) -> None:
    """Raise Conflict naming the routes and escalations that end at a channel."""
    escalations = _paging(connection, PageTarget.CHANNEL, channel_id)
    _refuse(f"the channel {name}", uses.routes_to_channel(connection, channel_id), escalations)


def _refuse(what: str, routes: Sequence[str], escalations: Sequence[str]) -> None:
    named = [*_named("route", routes), *_named("escalation", escalations)]
    if named:
        raise Conflict(f"{what} is used by {' and '.join(named)}: change or delete those first")


def _named(noun: str, names: Sequence[str]) -> list[str]:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    noun = noun if len(names) == 1 else f"{noun}s"
    return [f"the {noun} {', '.join(names[:MAX_NAMED])}{more}"] if names else []


def _paging(connection: Connection, type: PageTarget, id: int) -> list[str]:
    """Return the names of the escalations that name a target."""
    return [row["name"] for row in uses.escalations(connection) if (str(type), id) in set(_targets(row))]


def _targets(escalation: Mapping[Any, Any]) -> list[tuple[str, int]]:
    found = [target for step in escalation["steps"] for target in step["targets"]]
    found += [escalation["fallback"]] if escalation["fallback"] else []
    return [(target["type"], target["id"]) for target in found]
