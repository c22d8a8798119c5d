"""Finds by what people can be told something, for the one who tells them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from app.rules.contacts.contact_rules import ContactRule
from app.store.contacts import channels, contact_rules, people


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and when the user is told by which channel."""

    user_id: int
    username: str
    enabled: bool
    rules: list[ContactRule]
    """In the person's order, also those that are not usable. If none is usable, the person cannot be reached."""
    is_by_default: bool
    """Whether the person has no usable rule, so that `rules` are all verified channels at once."""


def reachable(connection: Connection, user_ids: Collection[int]) -> dict[int, Person]:
    """Return those of the users who exist, by id; the caller decides about those who are not enabled."""
    wanted = set(user_ids)
    own: dict[int, list[ContactRule]] = {user_id: [] for user_id in wanted}
    for row in contact_rules.of_users(connection, wanted):
        own[row["user_id"]].append(ContactRule.from_row(row))
    default: dict[int, list[ContactRule]] = {user_id: [] for user_id in wanted}
    for row in channels.usable_of(connection, wanted):
        default[row["user_id"]].append(ContactRule(row["id"], row["name"]))
    found = {}
    for row in people.find(connection, wanted):
        rules, is_by_default = own[row["id"]], not any(rule.usable for rule in own[row["id"]])
        if is_by_default:
            rules = [*default[row["id"]], *rules]
        found[row["id"]] = Person(row["id"], row["username"], row["enabled"], rules, is_by_default)
    return found
