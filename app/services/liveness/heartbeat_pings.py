"""Receives the pings of heartbeats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import HeartbeatStatus, PingKind
from app.errors import ConcurrentChange, NotFound, TooManyRequests
from app.rules.liveness.heartbeats import after_ping, duration_ms
from app.services.alerts.alert_intake import AlertIntake
from app.services.batcher import Batcher
from app.services.liveness.heartbeat_states import (
    lock_monitors,
    period_of,
    state_of,
    update_alerts,
    with_monitors,
    with_state,
)
from app.store.database.engine import Database, StatementRefused
from app.store.liveness import heartbeat_pings, heartbeats

PINGS_A_MINUTE = 60
"""How many pings of a heartbeat are recorded in a minute: a leaked token must not keep the database busy."""
KEPT_PINGS = 100
QUOTA = timedelta(minutes=1)
A_PING = QUOTA / PINGS_A_MINUTE
UNKNOWN = "There is no resource at this URL."


@dataclass(frozen=True, slots=True, eq=False)
class Ping:
    """What a job reports: `body` is the end of its log."""

    kind: PingKind
    exit_code: int | None = None
    body: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Received:
    token_hash: str
    ping: Ping


@dataclass(slots=True)
class _Batch:
    """What a batch of pings writes."""

    rows: dict[str, dict[str, Any]]
    """The heartbeats as they become, by the hashes of their tokens."""
    pings: list[Mapping[str, Any]]
    told: dict[int, dict[str, Any]]
    """Those whose alerts change, by id."""


class HeartbeatPings:
    """Methods raise NotFound for an unknown token, TooManyRequests, and DatabaseUnavailable if nothing was recorded."""

    def __init__(self, database: Database, intake: AlertIntake) -> None:
        self._database = database
        self._intake = intake
        self._batcher: Batcher[_Received, HeartbeatStatus] = Batcher(
            self._record_all, run_singly_after=(ConcurrentChange, StatementRefused)
        )

    def identify(self, token: str) -> None:
        """Raise unless a heartbeat has this token and may ping now: cheap, and before anything of a body is read."""
        with self._database.single_reads() as reads:
            found = heartbeats.find_by_token(reads, hash_of(token))
        if found is None:
            raise NotFound(UNKNOWN)
        _refuse_too_many(found["quota_full_at"], clock.now())

    def receive(self, token: str, ping: Ping) -> HeartbeatStatus:
        """Record a ping, and raise or resolve the alert; return the status of the heartbeat.

        Pings that arrive at the same time, as at full minutes, share a transaction.
        """
        return self._batcher.call(_Received(hash_of(token), ping))

    def _record_all(self, received: Sequence[_Received]) -> Sequence[HeartbeatStatus | Exception]:
        now = clock.now()
        outcomes: list[HeartbeatStatus | Exception] = []
        with self._database.transaction() as connection:
            batch = _Batch(_locked(connection, received), [], {})
            for each in received:
                outcomes.append(_apply(batch, each, now))
            changed = [row for row in batch.rows.values() if row["quota_full_at"] != row["quota_before"]]
            with_monitors(connection, [*batch.told.values()], now)
            heartbeats.write_states(connection, changed)
            if batch.pings:
                heartbeat_pings.add(connection, batch.pings)
                heartbeat_pings.prune(connection, [row["id"] for row in changed], KEPT_PINGS)
            update_alerts(connection, self._intake, batch.told.values(), now)
        return outcomes


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return sha256(token.encode(errors="replace")).hexdigest()


def _locked(connection: Connection, received: Iterable[_Received]) -> dict[str, dict[str, Any]]:
    """Return the heartbeats by the hashes of their tokens, locked, after the monitors whose alerts will change."""
    found = heartbeats.by_token(connection, {each.token_hash for each in received})
    failing = {each.token_hash for each in received if each.ping.kind is PingKind.FAIL}
    is_down = HeartbeatStatus.DOWN
    lock_monitors(connection, [row for key, row in found.items() if row["status"] == is_down or key in failing])
    locked = {row["id"]: row for row in heartbeats.lock(connection, [row["id"] for row in found.values()])}
    return {
        key: {**locked[row["id"]], "quota_before": locked[row["id"]]["quota_full_at"]}
        for key, row in found.items()
        if row["id"] in locked
    }


def _apply(batch: _Batch, received: _Received, now: datetime) -> HeartbeatStatus | Exception:
    row, ping = batch.rows.get(received.token_hash), received.ping
    if row is None:
        return NotFound(UNKNOWN)
    try:
        _refuse_too_many(row["quota_full_at"], now)
    except TooManyRequests as error:
        return error
    before = state_of(row)
    after = after_ping(before, period_of(row), ping.kind, now)
    row = {**with_state(row, after), "quota_full_at": _quota_full_at(row["quota_full_at"], now)}
    batch.rows[received.token_hash] = row
    took_ms = None if ping.kind is PingKind.START else duration_ms(before, now)
    details = {"exit_code": ping.exit_code, "duration_ms": took_ms, "body": ping.body}
    batch.pings.append({"heartbeat_id": row["id"], "kind": ping.kind, "at": now, **details})
    is_told = ping.kind is PingKind.FAIL or before.status is HeartbeatStatus.DOWN is not after.status
    if row["id"] in batch.told or (is_told and after.status is not HeartbeatStatus.PAUSED):
        batch.told[row["id"]] = row
    return after.status


def _quota_full_at(full_at: datetime | None, now: datetime) -> datetime:
    """Return when the quota is full again after one more ping."""
    if full_at is None or not now < full_at <= now + QUOTA:
        # It is full, or the clock was set back since.
        return now + A_PING
    return full_at + A_PING


def _refuse_too_many(full_at: datetime | None, now: datetime) -> None:
    wait = _quota_full_at(full_at, now) - now - QUOTA
    if wait > timedelta():
        message = f"a heartbeat may ping {PINGS_A_MINUTE} times a minute: this ping was not recorded"
        raise TooManyRequests(message, max(1, -(-wait // timedelta(seconds=1))))
