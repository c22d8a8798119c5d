"""Deletes old data: ended tasks, resolved alerts, audit log entries, expired sessions, tokens and keys."""

from datetime import timedelta

from app import clock
from app.services.periodic import Interval
from app.store.access import api_tokens, audit, login_throttle, users
from app.store.alerts import alert_labels, alerts
from app.store.database.engine import Database
from app.store.ledger import idempotency, task_runs

PRUNE_EVERY_S = 60.0
PRUNE_BATCH_SIZE = 500
LABEL_PAIRS_A_MINUTE = 5000


class Retention:
    """Every method raises DatabaseUnavailable. An alert is kept as long as the health score may need it."""

    def __init__(
        self, database: Database, *, history_days: int, alert_days: int, audit_days: int, score_window_h: float
    ) -> None:
        self._database = database
        self._kept = (
            (task_runs.prune, timedelta(days=history_days)),
            (alerts.prune, max(timedelta(days=alert_days), timedelta(hours=score_window_h))),
            (audit.prune, timedelta(days=audit_days)),
        )
        self._pruning = Interval(PRUNE_EVERY_S)
        self._expiring = Interval(PRUNE_EVERY_S)
        self._last_label_pair = 0

    def tick(self) -> None:
        """Delete what expired, every minute, and a few rows of history: every tick while more are left.

        Few at a time, so that no writer waits long.
        """
        if self._expiring.is_over():
            self._delete_expired()
        if not self._pruning.is_over():
            return
        for prune, kept in self._kept:
            with self._database.transaction() as connection:
                count = prune(connection, clock.now() - kept, PRUNE_BATCH_SIZE)
            if count >= PRUNE_BATCH_SIZE:
                self._pruning.cut_short()

    def _delete_expired(self) -> None:
        """Delete expired idempotency keys, sessions, failed sign-ins and API tokens: few rows, so all at once.

        And of the next label pairs those that no alert has.
        """
        now = clock.now()
        with self._database.transaction() as connection:
            idempotency.prune(connection, now - timedelta(days=1))
            users.prune_sessions(connection, now - timedelta(days=1))
            login_throttle.prune(connection, now - timedelta(days=1))
            # Kept for a month, so that owners see in the list why a script is rejected.
            api_tokens.prune(connection, now - timedelta(days=30))
            self._last_label_pair = alert_labels.prune(connection, self._last_label_pair, LABEL_PAIRS_A_MINUTE)
