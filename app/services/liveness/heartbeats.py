"""Manages heartbeats: what backups and scripts must report, and when."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AuditedType, HeartbeatStatus
from app.errors import Invalid, NameTaken, NotFound
from app.rules.cron import next_time
from app.rules.liveness.heartbeats import HeartbeatState, paused, watched_from
from app.services.access.acting import acting_editor
from app.services.access.audit import record_creation, record_edit, record_removal
from app.services.alerts.alert_intake import AlertIntake
from app.services.liveness.heartbeat_pings import hash_of
from app.services.liveness.heartbeat_states import (
    default_monitor,
    lock_monitors,
    period_of,
    state_of,
    update_alerts,
    with_state,
)
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.inventory import monitors
from app.store.liveness import heartbeat_pings, heartbeats

START = "hb_"
"""The prefix of every token, so that none looks like an id."""
PREVIEWED = 5
TIMES = ("interval_s", "cron", "timezone", "grace_s")


class HeartbeatService:
    """Methods that name a heartbeat raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake

    def list(self, page: PageRequest, status: HeartbeatStatus | None = None, q: str | None = None) -> Page:
        """Return a page of heartbeats: those of a status, and those whose name contains `q`."""
        with self._database.reading() as connection:
            return heartbeats.fetch(connection, page, status, q)

    def get(self, heartbeat_id: int) -> RowMapping:
        """Return one heartbeat."""
        with self._database.reading() as connection:
            return _found(connection, heartbeat_id)

    def pings(self, heartbeat_id: int, page: PageRequest) -> Page:
        """Return a page of a heartbeat's pings, newest first."""
        with self._database.reading() as connection:
            _found(connection, heartbeat_id)
            return heartbeat_pings.fetch(connection, page, heartbeat_id)

    def counts(self) -> dict[str, int]:
        """Return how many heartbeats have each status."""
        with self._database.reading() as connection:
            found = heartbeats.counts(connection)
        return {status: found.get(status, 0) for status in HeartbeatStatus}

    def preview(self, times: Mapping[str, Any]) -> Sequence[Mapping[str, datetime]]:
        """Return the next pings that would be expected if one came now, and when each would be late. Raises Invalid."""
        whole = {"interval_s": None, "cron": None, **times}
        _check_times(whole)
        period, at, expected = period_of(whole), clock.now(), []
        for _ in range(PREVIEWED):
            at = period.next_after(at)
            expected.append({"expected_at": at, "late_at": at + period.grace})
        return expected

    def create(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Add a heartbeat; the result contains its `token`, which cannot be read again.

        Raises Invalid naming the wrong field, NotFound if its monitor does not exist, Conflict if its name is taken.
        """
        now, token = clock.now(), _new_token()
        with self._database.transaction() as connection:
            row = {"interval_s": None, "cron": None, "monitor_id": None, **fields}
            _check(connection, row)
            row["monitor_id"] = row["monitor_id"] or default_monitor(connection, now)
            row["status"] = HeartbeatStatus.NEW if row["enabled"] else HeartbeatStatus.PAUSED
            made = heartbeats.add(connection, {**row, "token_hash": hash_of(token), "created_at": now})
            record_creation(connection, acting_editor(), AuditedType.HEARTBEAT, made, fields)
            return {**_found(connection, made), "token": token}

    def update(self, heartbeat_id: int, changes: Mapping[str, Any]) -> RowMapping:
        """Change a heartbeat, and its alert. Raises as `create`.

        If its times change or it is enabled, the next ping is expected as if one came now.
        """
        with self._database.transaction() as connection:
            before = _locked(connection, heartbeat_id)
            whole = _whole(before, changes)
            _check(connection, whole, heartbeat_id)
            after = with_state(whole, _state_after(before, whole))
            written = {name: value for name, value in after.items() if value != before[name]}
            if written:
                heartbeats.change(connection, heartbeat_id, written)
            record_edit(connection, acting_editor(), AuditedType.HEARTBEAT, heartbeat_id, before, changes)
            self._update_alert(connection, before, after)
            return _found(connection, heartbeat_id)

    def issue_token(self, heartbeat_id: int) -> str:
        """Return a new token for a heartbeat; the previous one stops working."""
        token = _new_token()
        with self._database.transaction() as connection:
            _found(connection, heartbeat_id)
            heartbeats.change(connection, heartbeat_id, {"token_hash": hash_of(token)})
            fields = {"heartbeat_token": "new"}
            record_creation(connection, acting_editor(), AuditedType.HEARTBEAT, heartbeat_id, fields)
        return token

    def delete(self, heartbeat_id: int) -> None:
        """Delete a heartbeat with its pings; its alert is over."""
        with self._database.transaction() as connection:
            row = _locked(connection, heartbeat_id)
            self._update_alert(connection, row, {**row, "reason": None})
            heartbeats.remove(connection, heartbeat_id)
            record_removal(connection, acting_editor(), AuditedType.HEARTBEAT, heartbeat_id, {"name": row["name"]})

    def _update_alert(self, connection: Connection, before: Mapping[Any, Any], after: Mapping[str, Any]) -> None:
        if before["reason"] is None or before["monitor_id"] is None:
            return
        if before["monitor_id"] != after["monitor_id"]:
            update_alerts(connection, self._intake, [{**before, "reason": None}], clock.now())
        update_alerts(connection, self._intake, [after], clock.now())


def _new_token() -> str:
    return START + secrets.token_hex(20)


def _whole(before: Mapping[Any, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the heartbeat with the changes; an interval takes the place of a cron expression, and the reverse."""
    whole = {**before, **changes}
    if changes.get("interval_s") is not None and "cron" not in changes:
        whole["cron"] = None
    if changes.get("cron") is not None and "interval_s" not in changes:
        whole["interval_s"] = None
    return whole


def _state_after(before: Mapping[Any, Any], after: Mapping[str, Any]) -> HeartbeatState:
    state = state_of(before)
    if not after["enabled"]:
        return paused(state)
    if before["enabled"] and all(before[name] == after[name] for name in TIMES):
        return state
    return watched_from(state, period_of(after), clock.now())


def _check_times(row: Mapping[str, Any]) -> None:
    if (row["interval_s"] is None) == (row["cron"] is None):
        raise Invalid("interval_s", "Give either interval_s or cron.")
    next_time(row["cron"] or "* * * * *", row["timezone"], clock.now())


def _check(connection: Connection, row: Mapping[str, Any], heartbeat_id: int | None = None) -> None:
    _check_times(row)
    if heartbeats.is_name_taken(connection, row["name"], heartbeat_id):
        raise NameTaken(f"there is already a heartbeat named {row['name']}")
    if row["monitor_id"] is not None and monitors.find(connection, row["monitor_id"]) is None:
        raise NotFound(f"there is no monitor {row['monitor_id']}")


def _locked(connection: Connection, heartbeat_id: int) -> RowMapping:
    lock_monitors(connection, [_found(connection, heartbeat_id)])
    rows = heartbeats.lock(connection, [heartbeat_id])
    if not rows:
        raise NotFound(f"there is no heartbeat {heartbeat_id}")
    return rows[0]


def _found(connection: Connection, heartbeat_id: int) -> RowMapping:
    heartbeat = heartbeats.find(connection, heartbeat_id)
    if heartbeat is None:
        raise NotFound(f"there is no heartbeat {heartbeat_id}")
    return heartbeat
