"""Shows who is on call when."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.errors import Invalid, NotFound
from app.rules.oncall import calendar_feed
from app.rules.oncall.layers import FIRST_YEAR, LAST_YEAR
from app.rules.oncall.shifts import Shift, gaps, shifts, whole_shifts
from app.rules.oncall.spans import Span
from app.services.oncall.on_call import Plan, plan_of
from app.services.oncall.rotas import hash_of
from app.store.access import users
from app.store.database.engine import Database
from app.store.oncall import rotas

MAX_DAYS = 400
LOOK_AHEAD = (timedelta(days=8), timedelta(days=63), timedelta(days=MAX_DAYS))
"""How far to look for the next shift, until one is found."""
FEED_BEFORE, FEED_AFTER = timedelta(days=30), timedelta(days=90)


class ShiftService:
    """Methods that name a rota raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_rota(self, rota_id: int, starts_at: datetime, ends_at: datetime) -> list[dict[str, Any]]:
        """Return who is on call in a rota, without any time left out. Raises Invalid for `from` and `until`."""
        wanted = _span(starts_at, ends_at)
        with self._database.reading() as connection:
            plan = _plan(connection, rota_id, wanted)
        return [_shown(plan, shift) for shift in shifts(plan.rota, plan.enabled, wanted)]

    def gaps(self, rota_id: int, days: int) -> list[dict[str, Any]]:
        """Return when nobody is on call in a rota in the next days."""
        now = clock.now()
        wanted = Span(now, now + timedelta(days=days))
        with self._database.reading() as connection:
            plan = _plan(connection, rota_id, wanted)
        return [_shown(plan, shift) for shift in gaps(plan.rota, plan.enabled, wanted)]

    def now(self) -> list[dict[str, Any]]:
        """Return who is on call now in each rota, until when, and who is next."""
        now = clock.now()
        with self._database.reading() as connection:
            plans = [*_plans(connection, Span(now, now + LOOK_AHEAD[-1]))]
        return [_on_call(plan, now) for plan in plans]

    def now_in(self, rota_id: int) -> dict[str, Any]:
        """Return who is on call now in one rota, as `now` does."""
        now = clock.now()
        with self._database.reading() as connection:
            return _on_call(_plan(connection, rota_id, Span(now, now + LOOK_AHEAD[-1])), now)

    def of_user(self, user_id: int, starts_at: datetime, ends_at: datetime) -> list[dict[str, Any]]:
        """Return when a user is on call, in all rotas, by time. Raises Invalid for `from` and `until`."""
        wanted = _span(starts_at, ends_at)
        with self._database.reading() as connection:
            plans = [plan for plan in _plans(connection, wanted) if user_id in plan.enabled]
        found = [
            {**_shown(plan, shift), "rota_id": plan.rota_id, "rota_name": plan.name}
            for plan in plans
            for shift in shifts(plan.rota, plan.enabled, wanted)
            if shift.holder.user_id == user_id
        ]
        return sorted(found, key=lambda shift: (shift["starts_at"], shift["rota_id"]))

    def feed(self, token: str, username: str | None = None) -> bytes:
        """Return the shifts around now as a calendar in iCalendar's notation; with a username only those of that user.

        Raises NotFound for an unknown token or user.
        """
        now = clock.now()
        wanted = Span(now - FEED_BEFORE, now + FEED_AFTER)
        with self._database.reading() as connection:
            row = rotas.plan_by_token(connection, hash_of(token))
            if row is None:
                raise NotFound("this calendar link does not exist or was revoked: ask an admin for a new one")
            user = users.find_by_name(connection, username) if username is not None else None
            if username is not None and user is None:
                raise NotFound(f"there is no user {username}")
            # The shift in progress at the start of the span may have begun long before.
            plan = plan_of(connection, row, Span(wanted.starts_at - LOOK_AHEAD[-1], wanted.ends_at))
        found = [
            shift
            for shift in whole_shifts(plan.rota, plan.enabled, wanted)
            if shift.holder.user_id is not None and (user is None or shift.holder.user_id == user["id"])
        ]
        return calendar_feed.written(plan.rota_id, plan.name, found, plan.usernames, now)


def _span(starts_at: datetime, ends_at: datetime) -> Span:
    if starts_at >= ends_at:
        raise Invalid("until", "Must be after from.")
    if ends_at - starts_at > timedelta(days=MAX_DAYS):
        raise Invalid("until", f"Must be at most {MAX_DAYS} days after from.")
    if starts_at.year < FIRST_YEAR or ends_at.year > LAST_YEAR:
        raise Invalid("from", f"Must be between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return Span(starts_at, ends_at)


def _plan(connection: Connection, rota_id: int, wanted: Span) -> Plan:
    row = rotas.plan(connection, rota_id)
    if row is None:
        raise NotFound(f"there is no rota {rota_id}")
    return plan_of(connection, row, wanted)


def _plans(connection: Connection, wanted: Span) -> Iterator[Plan]:
    return (plan_of(connection, row, wanted) for row in rotas.plans(connection))


def _on_call(plan: Plan, now: datetime) -> dict[str, Any]:
    """Return the current person of a rota and the next one; None as end or next if nothing changes."""
    for ahead in LOOK_AHEAD:
        found = shifts(plan.rota, plan.enabled, Span(now, now + ahead))
        people = [[*group] for _, group in groupby(found, lambda shift: shift.holder.user_id)]
        following = people[1][0] if len(people) > 1 else None
        if following is not None:
            break
    current = _shown(plan, people[0][0])
    return {
        "rota_id": plan.rota_id,
        "rota_name": plan.name,
        **{name: value for name, value in current.items() if name not in ("starts_at", "ends_at", "layer")},
        "until": following and following.span.starts_at,
        "next": following and _shown(plan, following),
    }


def _shown(plan: Plan, shift: Shift) -> dict[str, Any]:
    holder = shift.holder
    return {
        "starts_at": shift.span.starts_at,
        "ends_at": shift.span.ends_at,
        "user_id": holder.user_id,
        "username": _name(plan.usernames, holder.user_id),
        "layer": holder.layer,
        "layer_name": None if holder.layer is None else plan.rota.layers[holder.layer].name,
        "override_id": holder.override_id,
        "reason": holder.reason,
        "absent_user_id": holder.absent_user_id,
        "absent_username": _name(plan.usernames, holder.absent_user_id),
    }


def _name(usernames: Mapping[int, str], user_id: int | None) -> str | None:
    return None if user_id is None else usernames.get(user_id)
