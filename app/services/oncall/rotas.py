"""Manages rotas: their layers, holidays and calendar links."""

import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import Invalid, NameTaken, NotFound
from app.rules.oncall import holidays
from app.rules.oncall.layers import check_layers, zone_of
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.store.contacts import people, teams
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.oncall import rotas

START = "cal_"
"""The prefix of the secret in a calendar link, so that none looks like an id."""


class RotaService:
    """Methods that name a rota raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest) -> Page:
        """Return a page of rotas."""
        with self._database.reading() as connection:
            return rotas.fetch(connection, page)

    def get(self, rota_id: int) -> RowMapping:
        """Return one rota."""
        with self._database.reading() as connection:
            return _found(connection, rota_id)

    def create(self, fields: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Add a rota. Raises Invalid naming the wrong field, Conflict if its name is taken."""
        with self._database.transaction() as connection:
            _check(connection, fields)
            rota_id = rotas.add(connection, {"team_id": None, **fields, "created_at": clock.now()})
            record_creation(connection, editor, AuditedType.ROTA, rota_id, fields)
            return _found(connection, rota_id)

    def update(self, rota_id: int, changes: Mapping[str, Any], editor: Editor) -> RowMapping:
        """Change a rota. Raises as `create`."""
        with self._database.transaction() as connection:
            row = _locked(connection, rota_id)
            _check(connection, changes, rota_id)
            real = record_edit(connection, editor, AuditedType.ROTA, rota_id, row, changes)
            if real:
                rotas.change(connection, rota_id, real)
            return _found(connection, rota_id)

    def delete(self, rota_id: int, editor: Editor) -> None:
        """Delete a rota with its overrides; its calendar link stops working."""
        with self._database.transaction() as connection:
            row = _locked(connection, rota_id)
            rotas.remove(connection, rota_id)
            gone = {name: row[name] for name in ("name", "timezone", "layers")}
            record_removal(connection, editor, AuditedType.ROTA, rota_id, gone)

    def holidays(self, rota_id: int) -> str:
        """Return the calendar of a rota's holidays; empty if it has none."""
        with self._database.reading() as connection:
            _found(connection, rota_id)
            row = rotas.plan(connection, rota_id)
        return str(row["holidays"] or "") if row else ""

    def set_holidays(self, rota_id: int, calendar: str, editor: Editor) -> int:
        """Replace the calendar of a rota's holidays; an empty one removes it. Return how many events it has.

        Raises Invalid for `calendar`, saying what is wrong with it.
        """
        with self._database.reading() as connection:
            zone = zone_of(_found(connection, rota_id)["timezone"])
        # Outside the transaction: a large calendar takes seconds.
        events = holidays.check(calendar, zone, clock.now()) if calendar.strip() else 0
        with self._database.transaction() as connection:
            row = _locked(connection, rota_id)
            if calendar != (row["holidays"] or ""):
                rotas.change(connection, rota_id, {"holidays": calendar if events else None})
                record_creation(connection, editor, AuditedType.ROTA, rota_id, {"holidays": events})
        return events

    def issue_calendar_link(self, rota_id: int, editor: Editor) -> str:
        """Return the secret of a new calendar link, which cannot be read again; the previous one stops working."""
        token = START + secrets.token_hex(20)
        with self._database.transaction() as connection:
            _locked(connection, rota_id)
            rotas.change(connection, rota_id, {"calendar_token_hash": hash_of(token)})
            record_creation(connection, editor, AuditedType.ROTA, rota_id, {"calendar_link": "issued"})
        return token

    def revoke_calendar_link(self, rota_id: int, editor: Editor) -> None:
        """Let a rota's calendar link stop working, if it has one."""
        with self._database.transaction() as connection:
            if _locked(connection, rota_id)["calendar_token_hash"] is not None:
                rotas.change(connection, rota_id, {"calendar_token_hash": None})
                record_removal(connection, editor, AuditedType.ROTA, rota_id, {"calendar_link": "revoked"})


def hash_of(token: str) -> str:
    """Return what is stored of the secret in a calendar link."""
    return sha256(token.encode(errors="replace")).hexdigest()


def _found(connection: Connection, rota_id: int) -> RowMapping:
    rota = rotas.find(connection, rota_id)
    if rota is None:
        raise NotFound(f"there is no rota {rota_id}")
    return rota


def _locked(connection: Connection, rota_id: int) -> RowMapping:
    rota = rotas.lock(connection, rota_id)
    if rota is None:
        raise NotFound(f"there is no rota {rota_id}")
    return rota


def _check(connection: Connection, fields: Mapping[str, Any], rota_id: int | None = None) -> None:
    if "timezone" in fields:
        zone_of(fields["timezone"])
    if "layers" in fields:
        check_layers(fields["layers"])
        _check_people(connection, fields["layers"])
    if "name" in fields and rotas.is_name_taken(connection, fields["name"], rota_id):
        raise NameTaken(f"there is already a rota named {fields['name']}")
    team_id = fields.get("team_id")
    if team_id is not None and teams.find(connection, team_id) is None:
        raise Invalid("team_id", f"There is no team {team_id}.")


def _check_people(connection: Connection, layers: Sequence[Mapping[str, Any]]) -> None:
    known = {user["id"] for user in people.find(connection, {user for layer in layers for user in layer["users"]})}
    for number, layer in enumerate(layers):
        for place, user_id in enumerate(layer["users"]):
            if user_id not in known:
                raise Invalid(f"layers.{number}.users.{place}", f"There is no user {user_id}: leave the user out.")
