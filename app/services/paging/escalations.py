"""Manages escalations."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AuditedType, PageTarget
from app.errors import Conflict, Invalid, NameTaken, NotFound
from app.rules.paging.plans import UNTIL_ACKNOWLEDGED, loop_in
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.paging import escalations

Row = Mapping[Any, Any]
Places = Iterator[tuple[str, Mapping[str, Any]]]
AUDITED = ("name", "team_id", "steps", "repeats", "acknowledgement_s", "fallback")


class EscalationService:
    """Methods that name an escalation raise NotFound; all raise DatabaseUnavailable.

    `repeats` is None for steps that are repeated until somebody acknowledges.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest) -> Page:
        """Return a page of escalations."""
        with self._database.reading() as connection:
            found = escalations.fetch(connection, page)
            return Page([_shown(connection, row) for row in found.items], found.next_cursor)

    def get(self, escalation_id: int) -> dict[str, Any]:
        """Return one escalation, its targets with their names."""
        with self._database.reading() as connection:
            return _shown(connection, _found(escalations.find(connection, escalation_id), escalation_id))

    def create(self, fields: Mapping[str, Any], by: Editor) -> dict[str, Any]:
        """Add an escalation.

        Raises Invalid naming the field, such as `steps.0.targets.1.id`, and Conflict if the name is taken.
        """
        row = {"team_id": None, "acknowledgement_s": None, "fallback": None, **_columns(fields)}
        with self._database.transaction() as connection:
            _check(connection, row)
            escalation_id = escalations.add(connection, {**row, "created_at": clock.now()})
            record_creation(connection, by, AuditedType.ESCALATION, escalation_id, row)
            return _shown(connection, _found(escalations.find(connection, escalation_id), escalation_id))

    def update(self, escalation_id: int, changes: Mapping[str, Any], by: Editor) -> dict[str, Any]:
        """Change an escalation; open pages keep the plan with which they began. Raises as `create`."""
        with self._database.transaction() as connection:
            before = _found(escalations.lock(connection, escalation_id), escalation_id)
            values = _columns(changes)
            _check(connection, values, escalation_id)
            real = record_edit(connection, by, AuditedType.ESCALATION, escalation_id, before, values)
            if real:
                escalations.change(connection, escalation_id, real)
            return _shown(connection, _found(escalations.find(connection, escalation_id), escalation_id))

    def delete(self, escalation_id: int, by: Editor) -> None:
        """Delete an escalation. Raises Conflict while routes end at it, or others fall back to it."""
        with self._database.transaction() as connection:
            row = _found(escalations.lock(connection, escalation_id), escalation_id)
            routes = escalations.routes_to(connection, escalation_id)
            if routes:
                raise Conflict(f"routes end at this escalation: {', '.join(routes)}; let them end elsewhere first")
            users = [own for own, other in escalations.fallbacks(connection).items() if other == escalation_id]
            if users:
                names = ", ".join(escalations.names(connection, PageTarget.ESCALATION, users).values())
                raise Conflict(f"escalations fall back to this one: {names}; give them another fallback first")
            escalations.remove(connection, escalation_id)
            record_removal(connection, by, AuditedType.ESCALATION, escalation_id, {name: row[name] for name in AUDITED})


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(fields)
    if "repeats" in columns and columns["repeats"] is None:
        columns["repeats"] = UNTIL_ACKNOWLEDGED
    return columns


def _found(row: Row | None, escalation_id: int) -> Row:
    if row is None:
        raise NotFound(f"there is no escalation {escalation_id}")
    return row


def _check(connection: Connection, fields: Mapping[str, Any], except_id: int | None = None) -> None:
    if "name" in fields and escalations.is_name_taken(connection, fields["name"], except_id):
        raise NameTaken(f"there is already an escalation named {fields['name']}")
    team_id = fields.get("team_id")
    if team_id is not None and not escalations.names(connection, PageTarget.TEAM, [team_id]):
        raise Invalid("team_id", f"There is no team {team_id}.")
    for place, target in _targets(fields):
        _check_target(connection, place, PageTarget(target["type"]), target["id"])
    fallback = fields.get("fallback")
    if fallback is not None and fallback["type"] == PageTarget.ESCALATION and except_id is not None:
        _refuse_loop(connection, except_id, fallback["id"])


def _targets(fields: Mapping[str, Any]) -> Places:
    """Return all targets, each with the name of its field."""
    for number, step in enumerate(fields.get("steps", ())):
        for place, target in enumerate(step["targets"]):
            yield f"steps.{number}.targets.{place}", target
    if fields.get("fallback") is not None:
        yield "fallback", fields["fallback"]


def _check_target(connection: Connection, place: str, type: PageTarget, id: int) -> None:
    if type is PageTarget.ESCALATION and place != "fallback":
        raise Invalid(f"{place}.type", "Only `fallback` can be another escalation.")
    if not escalations.names(connection, type, [id]):
        raise Invalid(f"{place}.id", f"There is no {type} {id}.")
    if type is PageTarget.CHANNEL and escalations.own_channels(connection, [id]):
        raise Invalid(f"{place}.id", f"Channel {id} is a contact method of a user: name the user instead.")


def _refuse_loop(connection: Connection, escalation_id: int, fallback_id: int) -> None:
    path = loop_in({**escalations.fallbacks(connection), escalation_id: fallback_id}, escalation_id)
    if path:
        names = escalations.names(connection, PageTarget.ESCALATION, path)
        raise Invalid("fallback.id", f"The fallbacks make a loop: {' → '.join(names[each] for each in path)}.")


def _shown(connection: Connection, row: Row) -> dict[str, Any]:
    wanted: dict[PageTarget, list[int]] = {}
    for _, target in _targets(row):
        wanted.setdefault(PageTarget(target["type"]), []).append(target["id"])
    names = {type_: escalations.names(connection, type_, ids) for type_, ids in wanted.items()}

    def named(target: Mapping[str, Any]) -> dict[str, Any]:
        return {**target, "name": names[PageTarget(target["type"])].get(target["id"])}

    return {
        **row,
        "repeats": None if row["repeats"] == UNTIL_ACKNOWLEDGED else row["repeats"],
        "steps": [{**step, "targets": [named(each) for each in step["targets"]]} for step in row["steps"]],
        "fallback": named(row["fallback"]) if row["fallback"] else None,
    }
