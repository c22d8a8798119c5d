"""Manages people's contact rules: by which channel a person is told of what, and when."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, RowMapping

from app.enums import AuditedType
from app.errors import Conflict, Invalid, NotFound
from app.rules.contacts.contact_rules import MAX_RULES, why_unusable
from app.rules.timezones import is_timezone
from app.services.access.audit import Editor, record_edit
from app.store.contacts import channels, contact_rules, people
from app.store.database.engine import Database

Rules = Mapping[str, Any]
Rule = Mapping[str, Any]
AUDITED = ("channel_id", "after_s", "min_severity", "quiet_from", "quiet_until", "timezone", "wake_severity")


class ContactRuleService:
    """Methods raise NotFound for a user, and for a rule that is not the user's, and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, user_id: int) -> Rules:
        """Return a person's rules in their order, and whether all verified channels are told at once in their place."""
        with self._database.reading() as connection:
            if not people.find(connection, [user_id]):
                raise NotFound(f"there is no user {user_id}")
            return _shown(connection, user_id)

    def find(self, user_id: int, rule_id: int) -> Rule:
        """Return one rule of a person."""
        with self._database.reading() as connection:
            return _shown_rule(_found(contact_rules.of_users(connection, [user_id]), user_id, rule_id))

    def replace(self, user_id: int, rules: Sequence[Rule], editor: Editor) -> Rules:
        """Replace a person's rules. Raises Invalid naming the field that is wrong, such as `rules.0.channel_id`."""
        with self._database.transaction() as connection, _edit(connection, user_id, editor):
            own = _own_channels(connection, user_id)
            for number, rule in enumerate(rules):
                _check(rule, own, f"rules.{number}.")
            rows = [{**_columns(rule), "user_id": user_id, "position": at} for at, rule in enumerate(rules)]
            contact_rules.replace(connection, user_id, rows)
            return _shown(connection, user_id)

    def add(self, user_id: int, rule: Rule, editor: Editor) -> Rule:
        """Add a rule behind the others. Raises Invalid naming the wrong field, Conflict if there are too many."""
        with self._database.transaction() as connection, _edit(connection, user_id, editor) as rows:
            if len(rows) >= MAX_RULES:
                raise Conflict(f"a person has at most {MAX_RULES} contact rules: delete one first")
            _check(rule, _own_channels(connection, user_id))
            at = rows[-1]["position"] + 1 if rows else 0
            rule_id = contact_rules.add(connection, {**_columns(rule), "user_id": user_id, "position": at})
            return _shown_rule(_found(contact_rules.of_users(connection, [user_id]), user_id, rule_id))

    def change(self, user_id: int, rule_id: int, changes: Rule, editor: Editor) -> Rule:
        """Change a rule, or move it to a `position` from 0. Raises Invalid naming the wrong field."""
        values = _columns({name: value for name, value in changes.items() if name != "position"})
        with self._database.transaction() as connection, _edit(connection, user_id, editor) as rows:
            _found(rows, user_id, rule_id)
            _check(changes, _own_channels(connection, user_id))
            if values:
                contact_rules.change(connection, rule_id, values)
            if "position" in changes:
                order = [row["id"] for row in rows if row["id"] != rule_id]
                order.insert(changes["position"], rule_id)
                contact_rules.place(connection, order)
            return _shown_rule(_found(contact_rules.of_users(connection, [user_id]), user_id, rule_id))

    def delete(self, user_id: int, rule_id: int, editor: Editor) -> None:
        """Delete a rule."""
        with self._database.transaction() as connection, _edit(connection, user_id, editor) as rows:
            _found(rows, user_id, rule_id)
            contact_rules.remove(connection, rule_id)


@contextmanager
def _edit(connection: Connection, user_id: int, editor: Editor) -> Iterator[Sequence[RowMapping]]:
    """Lock a person's rules, return them as they are, and record in the audit log what was made of them."""
    if people.lock(connection, user_id) is None:
        raise NotFound(f"there is no user {user_id}")
    before = contact_rules.of_users(connection, [user_id])
    yield before
    after = contact_rules.of_users(connection, [user_id])
    changed = ({"rules": _audited(before)}, {"rules": _audited(after)})
    record_edit(connection, editor, AuditedType.CONTACT_RULES, user_id, *changed)


def _own_channels(connection: Connection, user_id: int) -> set[int]:
    return {row["id"] for row in channels.of_user(connection, user_id)}


def _found(rows: Sequence[RowMapping], user_id: int, rule_id: int) -> RowMapping:
    for row in rows:
        if row["id"] == rule_id:
            return row
    raise NotFound(f"user {user_id} has no contact rule {rule_id}")


def _check(fields: Rule, own: set[int], place: str = "") -> None:
    if "channel_id" in fields and fields["channel_id"] not in own:
        raise Invalid(f"{place}channel_id", f"There is no contact method {fields['channel_id']} of this user.")
    if "timezone" in fields and not is_timezone(fields["timezone"]):
        raise Invalid(f"{place}timezone", "Must be an IANA time zone, such as Asia/Shanghai.")


def _columns(fields: Rule) -> dict[str, Any]:
    columns = dict(fields)
    if "quiet_hours" in columns:
        hours = columns.pop("quiet_hours") or {"from": None, "until": None}
        columns |= {"quiet_from": hours["from"], "quiet_until": hours["until"]}
    return columns


def _audited(rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in AUDITED} for row in rows]


def _shown(connection: Connection, user_id: int) -> Rules:
    rules = [_shown_rule(row) for row in contact_rules.of_users(connection, [user_id])]
    is_by_default = not any(rule["usable"] for rule in rules)
    usable = channels.usable_of(connection, [user_id]) if is_by_default else []
    told = [{"channel_id": row["id"], "channel_name": row["name"]} for row in usable]
    return {"rules": rules, "is_by_default": is_by_default, "default_channels": told}


def _shown_rule(row: Mapping[Any, Any]) -> dict[str, Any]:
    reason = why_unusable(row)
    hours = {"from": row["quiet_from"], "until": row["quiet_until"]} if row["quiet_from"] else None
    return {**row, "quiet_hours": hours, "usable": reason is None, "unusable_reason": reason}
