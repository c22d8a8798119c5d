"""Manages teams."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import Invalid, NameTaken, NotFound
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.services.contacts.uses import refuse_used_team
from app.store.contacts import people, teams
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest

Member = int | str
"""A user's id, or the name."""


class TeamService:
    """Methods that name a team raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest) -> Page:
        """Return a page of teams with their members."""
        with self._database.reading() as connection:
            found = teams.fetch(connection, page)
            return Page(_with_members(connection, found.items), found.next_cursor)

    def get(self, team_id: int) -> Mapping[Any, Any]:
        """Return one team with its members."""
        with self._database.reading() as connection:
            return _with_members(connection, [_found(teams.find(connection, team_id), team_id)])[0]

    def create(self, fields: Mapping[str, Any], editor: Editor) -> Mapping[Any, Any]:
        """Add a team with `name`, `description` and `members`.

        Raises Invalid naming the member that does not exist, Conflict when the name is taken.
        """
        values = {name: value for name, value in fields.items() if name != "members"}
        with self._database.transaction() as connection:
            _refuse_taken_name(connection, fields["name"])
            members = _users(connection, fields["members"])
            team_id = teams.add(connection, {**values, "created_at": clock.now()})
            teams.set_members(connection, team_id, [*members])
            audited = {**values, "members": sorted(members.values())}
            record_creation(connection, editor, AuditedType.TEAM, team_id, audited)
            return _with_members(connection, [_found(teams.find(connection, team_id), team_id)])[0]

    def update(self, team_id: int, changes: Mapping[str, Any], editor: Editor) -> Mapping[Any, Any]:
        """Change a team; `members` replaces all of them. Raises Invalid and Conflict as `create`."""
        values = {name: value for name, value in changes.items() if name != "members"}
        with self._database.transaction() as connection:
            row = _found(teams.lock(connection, team_id), team_id)
            if "name" in values:
                _refuse_taken_name(connection, values["name"], team_id)
            if values:
                teams.change(connection, team_id, values)
            audited, before = {**values}, {**row}
            if "members" in changes:
                members = _users(connection, changes["members"])
                before["members"] = [member["username"] for member in teams.members(connection, [team_id])]
                audited["members"] = sorted(members.values())
                teams.set_members(connection, team_id, [*members])
            record_edit(connection, editor, AuditedType.TEAM, team_id, before, audited)
            return _with_members(connection, [_found(teams.find(connection, team_id), team_id)])[0]

    def delete(self, team_id: int, editor: Editor) -> None:
        """Delete a team. Raises Conflict naming the routes and escalations that page it."""
        with self._database.transaction() as connection:
            row = _found(teams.lock(connection, team_id), team_id)
            refuse_used_team(connection, team_id, row["name"])
            teams.remove(connection, team_id)
            record_removal(connection, editor, AuditedType.TEAM, team_id, {"name": row["name"]})


def _found(row: RowMapping | None, team_id: int) -> RowMapping:
    if row is None:
        raise NotFound(f"there is no team {team_id}")
    return row


def _with_members(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[Mapping[Any, Any]]:
    members: dict[int, list[Mapping[Any, Any]]] = {row["id"]: [] for row in rows}
    for member in teams.members(connection, [*members]):
        members[member["team_id"]].append(member)
    return [{**row, "members": members[row["id"]]} for row in rows]


def _refuse_taken_name(connection: Connection, name: str, except_id: int | None = None) -> None:
    if teams.is_name_taken(connection, name, except_id):
        raise NameTaken(f"there is already a team named {name}")


def _users(connection: Connection, members: Sequence[Member]) -> dict[int, str]:
    """Return the names of users by id. Raises Invalid naming the first member that does not exist."""
    rows = people.named(connection, members)
    by_key: dict[Member, RowMapping] = {row["id"]: row for row in rows} | {row["username"]: row for row in rows}
    for number, member in enumerate(members):
        if member not in by_key:
            raise Invalid(f"members.{number}", f"There is no user {member}.")
    return {by_key[member]["id"]: by_key[member]["username"] for member in members}
