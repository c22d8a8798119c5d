"""Decides who may post to the webhook, and how much: a leaked token must not be able to fill the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.errors import Conflict, TooManyRequests, Unauthorized
from app.store.alerts import webhook_quotas
from app.store.database.single_statements import SingleReads
from app.store.inventory import monitors

NOT_KNOWN = (
    "A monitor's webhook token is required: Authorization: Bearer <token>, or the token as the password of basic"
    " authentication with any user name."
)
A_SECOND_US = 1_000_000


class WebhookQuotas:
    """A limit of alerts per minute for each monitor, shared by all processes; 0 means no limit.

    Methods raise Unauthorized for an unknown token, TooManyRequests, and Conflict for a disabled monitor.
    """

    def __init__(self, alerts_per_minute: int) -> None:
        self._alerts_per_minute = alerts_per_minute

    def admit(self, reads: SingleReads, token_hash: str) -> Mapping[str, Any] | None:
        """Return the field mapping of the token's monitor; raise unless that may post at least one alert now.

        The monitor may still be disabled.
        """
        monitor = webhook_quotas.find_by_token(reads, token_hash)
        if monitor is None:
            raise Unauthorized(NOT_KNOWN)
        wait_s = self._wait_s(monitor["full_at_us"], 1, _now_us())
        if wait_s > 0:
            raise self._refusal(monitor["id"], wait_s)
        mapping: Mapping[str, Any] | None = monitor["mapping"]
        return mapping

    def monitor_of(self, connection: Connection, token_hash: str) -> int:
        """Return the id of the token's monitor, and lock the monitor until the transaction ends."""
        monitor = monitors.find_by_token(connection, token_hash)
        if monitor is None:
            raise Unauthorized(NOT_KNOWN)
        if not monitor["enabled"]:
            raise Conflict(f"monitor {monitor['id']} is disabled: enable it first")
        return int(monitor["id"])

    def spend(self, connection: Connection, token_hash: str, alerts: int) -> int:
        """Take `alerts` from the quota of the token's monitor, or none of them; return the monitor's id.

        Transactions that spend from the same quota wait for each other.
        """
        if not self._alerts_per_minute:
            return self.monitor_of(connection, token_hash)
        now_us = _now_us()
        monitor_id = webhook_quotas.spend(connection, token_hash, now_us, self._cost_us(alerts))
        if monitor_id is None:
            monitor_id = self.monitor_of(connection, token_hash)
            full_at_us = webhook_quotas.full_at_us(connection, monitor_id)
            raise self._refusal(monitor_id, max(1, self._wait_s(full_at_us, alerts, now_us)))
        return monitor_id

    def _wait_s(self, full_at_us: int | None, alerts: int, now_us: int) -> int:
        """Return in how many seconds there is room for `alerts` alerts; 0 means now."""
        if not self._alerts_per_minute or full_at_us is None:
            return 0
        missing_us = full_at_us + self._cost_us(alerts) - now_us - webhook_quotas.WINDOW_US
        return max(0, -(-min(missing_us, full_at_us - now_us) // A_SECOND_US))

    def _refusal(self, monitor_id: int, wait_s: int) -> TooManyRequests:
        return TooManyRequests(
            f"monitor {monitor_id} may send {self._alerts_per_minute} alerts a minute, which this request would exceed:"
            f" no alert was accepted, send it again in {wait_s} s",
            wait_s,
        )

    def _cost_us(self, alerts: int) -> int:
        return -(-alerts * webhook_quotas.WINDOW_US // self._alerts_per_minute)


def _now_us() -> int:
    return int(clock.now().timestamp() * A_SECOND_US)
