"""Notes until when the API received pings, so that no heartbeat is judged by pings that could not arrive."""

import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from app import clock
from app.errors import ConcurrentChange, DatabaseUnavailable
from app.rules.liveness.heartbeats import after_interruption
from app.services.liveness.heartbeat_states import period_of, state_of, with_state
from app.store.database.engine import Database, StatementRefused
from app.store.liveness import heartbeats, ping_reception

log = structlog.get_logger()
NOTED_EVERY_S = 10.0
NOTICED_S = 30.0
"""An interruption that is longer is noticed."""


class PingReception:
    """Runs in each process of the API."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_closed = threading.Event()

    def start(self) -> None:
        """Start a thread that notes it."""
        threading.Thread(target=self._note_on, name="ping reception", daemon=True).start()

    def close(self) -> None:
        """Stop the thread."""
        self._is_closed.set()

    def note(self) -> None:
        """Note that pings are received now; forgive the heartbeats what an interruption before may have swallowed.

        Without heartbeats it writes nothing. Raises DatabaseUnavailable, ConcurrentChange.
        """
        now = clock.now()
        with self._database.reading() as connection:
            until = ping_reception.received_until(connection)
            if not ping_reception.is_needed(connection) or _is_recent(until, now):
                return
        with self._database.transaction() as connection:
            until = ping_reception.lock(connection)
            if until is not None and now - until > timedelta(seconds=NOTICED_S):
                _forgive(connection, until, now)
            ping_reception.note(connection, now, is_first=until is None)

    def _note_on(self) -> None:
        while True:
            try:
                self.note()
            except (DatabaseUnavailable, ConcurrentChange):
                pass
            except StatementRefused as error:
                # The tables may not be migrated yet.
                log.warning("ping_reception.not_noted", error=type(error).__name__)
            if self._is_closed.wait(NOTED_EVERY_S):
                return


def _is_recent(until: datetime | None, now: datetime) -> bool:
    """Return whether another process has just noted it; not if the clock was set back since."""
    return until is not None and timedelta() <= now - until < timedelta(seconds=NOTED_EVERY_S / 2)


def _forgive(connection: Connection, since: datetime, until: datetime) -> None:
    rows = heartbeats.lock(connection, heartbeats.watched_ids(connection))
    judged = [(row, after_interruption(state_of(row), period_of(row), since, until)) for row in rows]
    forgiven = [with_state(row, state) for row, state in judged if state != state_of(row)]
    heartbeats.write_states(connection, forgiven)
    log.warning("heartbeats.interrupted", seconds=round((until - since).total_seconds()), forgiven=len(forgiven))
