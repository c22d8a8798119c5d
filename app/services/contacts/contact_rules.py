"""Manages people's contact rules: by which channel a person is told of what, and when."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app.enums import AuditedType
from app.errors import Invalid, NotFound
from app.rules.contacts.contact_rules import why_unusable
from app.rules.timezones import is_timezone
from app.services.access.audit import Editor, record_edit
from app.store.contacts import channels, contact_rules, people
from app.store.database.engine import Database

Rules = Mapping[str, Any]
AUDITED = ("channel_id", "after_s", "min_severity", "quiet_from", "quiet_until", "timezone", "wake_severity")


class ContactRuleService:
    """Methods raise NotFound for a user and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, user_id: int) -> Rules:
        """Return a person's rules in their order, and whether all verified channels are told at once in their place."""
        with self._database.reading() as connection:
            if not people.find(connection, [user_id]):
                raise NotFound(f"there is no user {user_id}")
            return _shown(connection, user_id)

    def replace(self, user_id: int, rules: Sequence[Mapping[str, Any]], editor: Editor) -> Rules:
        """Replace a person's rules. Raises Invalid naming the field that is wrong, such as `rules.0.channel_id`."""
        with self._database.transaction() as connection:
            if people.lock(connection, user_id) is None:
                raise NotFound(f"there is no user {user_id}")
            own = {row["id"] for row in channels.of_user(connection, user_id)}
            for number, rule in enumerate(rules):
                _check(f"rules.{number}", rule, own)
            rows = [_row(rule, user_id, number) for number, rule in enumerate(rules)]
            before = _audited(contact_rules.of_users(connection, [user_id]))
            contact_rules.replace(connection, user_id, rows)
            changed = ({"rules": before}, {"rules": _audited(rows)})
            record_edit(connection, editor, AuditedType.CONTACT_RULES, user_id, *changed)
            return _shown(connection, user_id)


def _check(place: str, rule: Mapping[str, Any], own: set[int]) -> None:
    if rule["channel_id"] not in own:
        raise Invalid(f"{place}.channel_id", f"There is no contact method {rule['channel_id']} of this user.")
    if not is_timezone(rule["timezone"]):
        raise Invalid(f"{place}.timezone", "Must be an IANA time zone, such as Asia/Shanghai.")


def _row(rule: Mapping[str, Any], user_id: int, position: int) -> dict[str, Any]:
    hours = rule["quiet_hours"] or {"from": None, "until": None}
    row = {name: value for name, value in rule.items() if name != "quiet_hours"}
    return {
        **row,
        "user_id": user_id,
        "position": position,
        "quiet_from": hours["from"],
        "quiet_until": hours["until"],
    }


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
