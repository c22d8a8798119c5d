"""Manages maintenance windows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType
from app.errors import Conflict, Invalid, NotFound
from app.rules.maintenance.occurrences import Occurrence, Series
from app.rules.maintenance.recurrence_rules import normalized
from app.services.access.audit import Editor, record_creation, record_edit, record_removal
from app.services.alerts.suppression import update_all_marks
from app.services.ledger.outbox import Outbox
from app.services.maintenance.push_planner import PushPlanner, Recorded, remaining
from app.services.maintenance.push_states import states_of
from app.store.alerts import maintenance
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import hosts, monitors

Window = Mapping[str, Any]
log = structlog.get_logger()
SCOPE = ("monitor_id", "host_id", "group", "match")
TIMES = ("starts_at", "ends_at", "rrule", "timezone")
"""What decides when a window is in effect."""
DEFAULTS: Mapping[str, Any] = {**dict.fromkeys((*SCOPE, "rrule", "timezone")), "push_to_source": False}
AUDITED = ("name", "comment", *SCOPE, *TIMES, "push_to_source")
ENDED_BATCH_SIZE = 100


class MaintenanceService:
    """Methods that name a window raise NotFound; all raise DatabaseUnavailable.

    A change and its effect on the open alerts are one transaction, which also records the tasks that tell the monitors.
    """

    def __init__(self, database: Database, outbox: Outbox, planner: PushPlanner) -> None:
        self._database = database
        self._outbox = outbox
        self._planner = planner

    def list(self, page: PageRequest, active: bool | None = None) -> Page:
        """Return a page of windows, newest first; with `active` only those that are active now."""
        with self._database.reading() as connection:
            found = maintenance.fetch(connection, page, active_at=clock.now() if active else None)
            return Page(_shown(connection, found.items), found.next_cursor)

    def get(self, window_id: int) -> Window:
        """Return one window, with what its monitors have of it as `at_source`."""
        with self._database.reading() as connection:
            return _found(connection, window_id)

    def occurrences(self, window_id: int, limit: int) -> Sequence[Occurrence]:
        """Return the occurrences of a window that have not ended, the first ones."""
        return [*islice(remaining(self.get(window_id), clock.now()), limit)]

    def preview(self, times: Mapping[str, Any], limit: int) -> Sequence[Occurrence]:
        """Return the first occurrences that a window with these times has from now on. Raises Invalid."""
        return [*islice(_series({**DEFAULTS, **times}).remaining(clock.now()), limit)]

    def create(self, fields: Mapping[str, Any], by: Editor) -> Window:
        """Add a window.

        Raises NotFound if its monitor or host does not exist, Invalid naming the field that is wrong or that the
        monitors cannot be told.
        """
        now = clock.now()
        fields = _normalized({**DEFAULTS, **fields})
        with self._database.transaction() as connection:
            _validate(connection, fields)
            row = _columns({**fields, **_times(fields, now)})
            window_id = maintenance.add(
                connection, {**row, "created_by": by.username, "created_at": now, "is_applied": False}
            )
            update_all_marks(connection, now)
            record_creation(connection, by, AuditedType.MAINTENANCE, window_id, _audited(fields))
            recorded = self._planner.plan(connection, window_id, now, by, is_strict=True)
            window = _found(connection, window_id)
        self._outbox.publish(recorded)
        return window

    def update(self, window_id: int, changes: Mapping[str, Any], by: Editor) -> Window:
        """Change a window; alerts that it no longer covers become unsuppressed. Raises as `create`.

        A window whose times change starts anew: an occurrence that was ended before its time may be in effect again.
        `push_to_source` tells the monitors again, even if nothing else changes.
        """
        now = clock.now()
        changes = _normalized(changes)
        with self._database.transaction() as connection:
            before = _locked(connection, window_id)
            whole = {**before, **changes}
            _validate(connection, whole)
            real = record_edit(connection, by, AuditedType.MAINTENANCE, window_id, _audited(before), _audited(changes))
            values = {**changes, **(_times(whole, now) if any(name in real for name in TIMES) else {})}
            recorded: Recorded = {}
            if changes:
                maintenance.change(connection, window_id, _columns(values))
                update_all_marks(connection, now)
                is_strict = any(name in changes for name in (*SCOPE, "push_to_source"))
                recorded = self._planner.plan(connection, window_id, now, by, is_strict=is_strict)
            window = _found(connection, window_id)
        self._outbox.publish(recorded)
        return window

    def end(self, window_id: int, by: Editor) -> Window:
        """End the occurrence in effect now; the later ones stay. Raises Conflict if none is in effect."""
        now = clock.now()
        with self._database.transaction() as connection:
            before = _locked(connection, window_id)
            if not before["current_starts_at"] < now < before["current_ends_at"]:
                raise Conflict(f"maintenance window {window_id} is not in effect")
            maintenance.change(connection, window_id, {"ends_at": now})
            self._advance(connection, window_id, now)
            update_all_marks(connection, now)
            ended = {"ends_at": now.isoformat()}
            record_edit(connection, by, AuditedType.MAINTENANCE, window_id, _audited(before), ended)
            recorded = self._planner.plan(connection, window_id, now, by)
            window = _found(connection, window_id)
        self._outbox.publish(recorded)
        return window

    def delete(self, window_id: int, by: Editor) -> None:
        """Delete a window, with the same effect as ending it."""
        now = clock.now()
        with self._database.transaction() as connection:
            before = _locked(connection, window_id)
            maintenance.remove(connection, window_id)
            update_all_marks(connection, now)
            record_removal(connection, by, AuditedType.MAINTENANCE, window_id, _audited(before))
            recorded = self._planner.plan(connection, window_id, now, by)
        self._outbox.publish(recorded)

    def tick(self) -> None:
        """Move the windows on whose occurrence has ended."""
        now = clock.now()
        with self._database.reading() as connection:
            ended = maintenance.due(connection, maintenance.ENDED, now, ENDED_BATCH_SIZE)
        for window_id in ended:
            with self._database.transaction() as connection:
                self._advance(connection, window_id, now)
                update_all_marks(connection, now)

    def _advance(self, connection: Connection, window_id: int, now: datetime) -> None:
        window = maintenance.lock(connection, window_id)
        if window is None or window["next_starts_at"] is None or window["current_ends_at"] > now:
            return
        try:
            place = Series.of(window).position(now, after=window["current_starts_at"])
        except Invalid as error:
            # The current time zone database may no longer have this zone.
            log.error("maintenance.ended", window=window["name"], error=str(error))
            maintenance.change(connection, window_id, {"next_starts_at": None})
            return
        times = {**place.occurrence._asdict(), "next_starts_at": place.next_starts_at}
        maintenance.change(connection, window_id, times)


def _found(connection: Connection, window_id: int) -> Window:
    [window] = _shown(connection, [_existing(maintenance.find(connection, window_id), window_id)])
    return window


def _shown(connection: Connection, windows: Sequence[Mapping[Any, Any]]) -> Sequence[Window]:
    states = states_of(connection, [window["id"] for window in windows])
    return [{**window, "at_source": states[window["id"]]} for window in windows]


def _locked(connection: Connection, window_id: int) -> RowMapping:
    return _existing(maintenance.lock(connection, window_id), window_id)


def _existing(window: RowMapping | None, window_id: int) -> RowMapping:
    if window is None:
        raise NotFound(f"there is no maintenance window {window_id}")
    return window


def _normalized(fields: Mapping[str, Any]) -> dict[str, Any]:
    rule = fields.get("rrule")
    return {**fields, "rrule": normalized(rule)} if rule is not None else {**fields}


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"group_name" if name == "group" else name: value for name, value in fields.items()}


def _audited(fields: Mapping[Any, Any]) -> dict[str, Any]:
    given = {name: fields[name] for name in AUDITED if name in fields}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}


def _times(window: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    """Return the columns of the times of a window: where it is now and, if it recurs, its first occurrence."""
    series = Series.of(window)
    place = series.position(now)
    first = series.first if series.rule else None
    return {
        **place.occurrence._asdict(),
        "first_starts_at": first and first.starts_at,
        "first_ends_at": first and first.ends_at,
        "next_starts_at": place.next_starts_at,
    }


def _series(window: Mapping[Any, Any]) -> Series:
    """Return the series of a window that is about to be saved. Raises Invalid."""
    starts_at, ends_at = window["starts_at"], window["ends_at"]
    if not isinstance(starts_at, datetime) or not isinstance(ends_at, datetime) or starts_at >= ends_at:
        raise Invalid("ends_at", "Must be after starts_at.")
    series = Series.of(_normalized(window))
    series.check()
    return series


def _validate(connection: Connection, window: Mapping[Any, Any]) -> None:
    _series(window)
    if all(window[name] is None for name in SCOPE):
        raise Invalid("monitor_id", "Give a monitor_id, a host_id, a group or a match.")
    if window["monitor_id"] is not None and monitors.find(connection, window["monitor_id"]) is None:
        raise NotFound(f"there is no monitor {window['monitor_id']}")
    if window["host_id"] is not None and hosts.find(connection, window["host_id"]) is None:
        raise NotFound(f"there is no host {window['host_id']}")
