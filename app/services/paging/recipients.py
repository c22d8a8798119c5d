"""Finds whom a step of a page reaches now, by which channels and when, or why nobody is reached."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection

from app.enums import PageTarget
from app.rules.contacts.contact_rules import due_times
from app.rules.paging.plans import Target
from app.rules.paging.reasons import Reason, dump
from app.services.contacts.people import Person
from app.store.paging import targets

PeopleOf = Callable[[Connection, int, datetime], list[int] | None]
"""Returns the users who are on call in a rota at a time."""
Reachable = Callable[[Connection, Collection[int]], Mapping[int, Person]]
"""Returns those of the users who exist, with their contact rules."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A channel to which a message goes, when, and the reason; the person is None for a shared channel."""

    channel_id: int
    channel_name: str
    due_at: datetime
    user_id: int | None = None
    username: str | None = None
    because: Reason = field(default_factory=dict)

    @classmethod
    def told_before(cls, delivery: Mapping[Any, Any], due_at: datetime) -> Self:
        """Return to whom an earlier message went."""
        to = (delivery["channel_id"], delivery["channel_name"], due_at, delivery["user_id"], delivery["username"])
        return cls(*to)

    def stored_reason(self) -> str:
        """Return the reason as the delivery keeps it."""
        return dump({"because": self.because})


@dataclass(slots=True)
class Found:
    """Whom a step reaches, and what kept it from others."""

    recipients: list[Recipient] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of the people and channels, each once."""
        return list(dict.fromkeys(each.username or each.channel_name for each in self.recipients))


class Recipients:
    """Asks who is on call and how people want to be told."""

    def __init__(self, people_of: PeopleOf, reachable: Reachable) -> None:
        self._people_of = people_of
        self._reachable = reachable

    def find(self, connection: Connection, wanted: Iterable[Target], severity: int, now: datetime) -> Found:
        """Return whom these targets are now; a channel that several of them lead to is used once."""
        found = Found()
        for target in wanted:
            if target.type is PageTarget.CHANNEL:
                self._add_channel(connection, found, target, now)
            else:
                self._add_people(connection, found, target, severity, now)
        first = {each.channel_id: each for each in sorted(found.recipients, key=lambda each: each.due_at, reverse=True)}
        found.recipients = sorted(first.values(), key=lambda each: (each.due_at, each.channel_id))
        return found

    def _add_channel(self, connection: Connection, found: Found, target: Target, now: datetime) -> None:
        row = targets.channel(connection, target.id)
        if row is None or not row["enabled"]:
            found.missed.append(_missed("channel_gone" if row is None else "channel_disabled", target))
        else:
            found.recipients.append(Recipient(row["id"], row["name"], now, because=_because(target)))

    def _add_people(self, connection: Connection, found: Found, target: Target, severity: int, now: datetime) -> None:
        user_ids = self._user_ids(connection, target, now)
        if not user_ids:
            found.missed.append(_missed("nobody_on_call" if target.type is PageTarget.ROTA else "team_empty", target))
            return
        people = self._reachable(connection, user_ids)
        for user_id in user_ids:
            person = people.get(user_id)
            if person is None or not person.enabled:
                who = {"user": target.name if person is None else person.username}
                found.missed.append(_missed("user_gone" if person is None else "user_disabled", target, **who))
                continue
            times = due_times(person.rules, severity, now)
            if not times:
                found.missed.append(_missed("no_contact_method", target, user=person.username))
            names = {rule.channel_id: rule.channel_name for rule in person.rules}
            found.recipients += [
                Recipient(channel_id, names[channel_id], at, person.user_id, person.username, _because(target))
                for channel_id, at in times
            ]

    def _user_ids(self, connection: Connection, target: Target, now: datetime) -> list[int]:
        if target.type is PageTarget.USER:
            return [target.id]
        if target.type is PageTarget.TEAM:
            return targets.members(connection, target.id)
        return list(self._people_of(connection, target.id, now) or ())


def _because(target: Target) -> dict[str, Any]:
    return {"type": str(target.type), "name": target.name}


def _missed(code: str, target: Target, **more: Any) -> dict[str, Any]:
    return {"code": code, "target": str(target.type), "name": target.name, **more}
