"""Manages overrides: people who are on call in place of whoever the layers name."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import Conflict, Invalid, NotFound
from app.rules.oncall.shifts import shifts
from app.rules.oncall.spans import Span
from app.services.access.audit import Editor, record_creation, record_removal
from app.services.oncall.on_call import plan_of
from app.store.contacts import people
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.oncall import overrides, rotas

MAX_DURATION = timedelta(days=366)
MAX_OPEN = 1000
"""How many overrides of one rota may not be over."""
AUDITED = ("rota_id", "user_id", "starts_at", "ends_at", "comment")
SPAN = ("starts_at", "ends_at")


class OverrideService:
    """Methods that name a rota or an override raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest, rota_id: int, *, is_over: bool | None = None) -> Page:
        """Return a page of a rota's overrides, newest first; with `is_over` false those that are not over."""
        ends_after = clock.now() if is_over is False else None
        with self._database.reading() as connection:
            _find_rota(connection, rota_id)
            return overrides.fetch(connection, page, rota_id, ends_after=ends_after)

    def create(self, rota_id: int, fields: Mapping[str, Any], editor: Editor) -> dict[str, Any]:
        """Add an override. The result lists as `overlaps` the older overrides at the same time, before which it counts.

        Raises Invalid naming the wrong field, Conflict if the rota has too many overrides.
        """
        with self._database.transaction() as connection:
            _lock_rota(connection, rota_id)
            return _add(connection, rota_id, fields, editor)

    def swap(
        self, rota_id: int, given: Mapping[str, Any], taken: Mapping[str, Any], editor: Editor
    ) -> Sequence[dict[str, Any]]:
        """Let two people take each other's time, by two overrides; return both.

        Each side has `user_id`, `starts_at` and `ends_at`. Raises Invalid as `create`, Conflict if one of them is not
        on call in all of the own time.
        """
        if given["user_id"] == taken["user_id"]:
            raise Invalid("taken.user_id", "Must be another user than given.user_id.")
        with self._database.transaction() as connection:
            plan = _lock_rota(connection, rota_id)
            for side, each in (("given", given), ("taken", taken)):
                _check(connection, each, f"{side}.")
                _check_holder(connection, plan, each)
            pairs = ((taken["user_id"], given), (given["user_id"], taken))
            return [
                _add(connection, rota_id, {"user_id": user_id, **{name: side[name] for name in SPAN}}, editor)
                for user_id, side in pairs
            ]

    def delete(self, override_id: int, editor: Editor) -> None:
        """Delete an override: whoever was on call before it is again."""
        with self._database.transaction() as connection:
            row = overrides.find(connection, override_id)
            if row is None:
                raise NotFound(f"there is no override {override_id}")
            overrides.remove(connection, override_id)
            record_removal(connection, editor, AuditedType.OVERRIDE, override_id, _audited(row))

    def get(self, override_id: int) -> RowMapping:
        """Return one override."""
        with self._database.reading() as connection:
            row = overrides.find(connection, override_id)
        if row is None:
            raise NotFound(f"there is no override {override_id}")
        return row


def _add(connection: Connection, rota_id: int, fields: Mapping[str, Any], editor: Editor) -> dict[str, Any]:
    now = clock.now()
    _check(connection, fields)
    if overrides.count_open(connection, rota_id, now) >= MAX_OPEN:
        raise Conflict(f"the rota has {MAX_OPEN} overrides that are not over: delete some")
    overlaps = overrides.within(connection, rota_id, fields["starts_at"], fields["ends_at"])
    row = {"comment": "", **fields, "rota_id": rota_id, "created_by": editor.username, "created_at": now}
    override_id = overrides.add(connection, row)
    record_creation(connection, editor, AuditedType.OVERRIDE, override_id, _audited(row))
    return {**row, "id": override_id, "overlaps": overlaps}


def _check(connection: Connection, fields: Mapping[str, Any], place: str = "") -> None:
    starts_at, ends_at = fields["starts_at"], fields["ends_at"]
    if starts_at >= ends_at:
        raise Invalid(f"{place}ends_at", "Must be after starts_at.")
    if ends_at - starts_at > MAX_DURATION:
        raise Invalid(
            f"{place}ends_at", f"Must be at most {MAX_DURATION.days} days after starts_at: change the layers."
        )
    if ends_at <= clock.now():
        raise Invalid(f"{place}ends_at", "Must be in the future: an override cannot change who was on call.")
    user_id = fields["user_id"]
    user = next(iter(people.find(connection, [user_id])), None)
    if user is None:
        raise Invalid(f"{place}user_id", f"There is no user {user_id}.")
    if not user["enabled"]:
        raise Invalid(f"{place}user_id", f"The user {user['username']} is disabled: enable or name another one.")


def _check_holder(connection: Connection, plan: RowMapping, side: Mapping[str, Any]) -> None:
    wanted = Span(side["starts_at"], side["ends_at"])
    found = plan_of(connection, plan, wanted)
    others = [shift for shift in shifts(found.rota, found.enabled, wanted) if shift.holder.user_id != side["user_id"]]
    if others:
        raise Conflict(f"user {side['user_id']} is not on call at {_text(others[0].span.starts_at)}: swap whole shifts")


def _find_rota(connection: Connection, rota_id: int) -> RowMapping:
    plan = rotas.plan(connection, rota_id)
    if plan is None:
        raise NotFound(f"there is no rota {rota_id}")
    return plan


def _lock_rota(connection: Connection, rota_id: int) -> RowMapping:
    """Return a rota, locked, so that of two overrides at once the newer one has the greater id."""
    plan = rotas.lock(connection, rota_id)
    if plan is None:
        raise NotFound(f"there is no rota {rota_id}")
    return plan


def _audited(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: _text(row[name]) if isinstance(row[name], datetime) else row[name] for name in AUDITED}


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
