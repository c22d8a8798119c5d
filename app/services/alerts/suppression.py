"""Works out which open alerts are suppressed: covered by a maintenance window, or snoozed."""

from datetime import datetime

from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind
from app.store.alerts import alert_events, alerts, maintenance
from app.store.database.engine import Database

ALERT_BATCH_SIZE = 1000


class Suppression:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tick(self) -> None:
        """Follow the windows that began or ended, and the snoozes that are over, since the last turn."""
        with self._database.reading() as connection:
            is_due = maintenance.is_any_due(connection, clock.now())
        if is_due:
            with self._database.transaction() as connection:
                update_all_marks(connection, clock.now())


def update_all_marks(connection: Connection, now: datetime) -> None:
    """Bring the marks of all open alerts up to date, with their histories and their hosts.

    Those that come back to life are told of again.
    """
    while True:
        suppressed, returned = maintenance.flip(connection, now, ALERT_BATCH_SIZE)
        happened = [(row["id"], AlertEventKind.SUPPRESSED) for row in suppressed]
        happened += [(row["id"], AlertEventKind.RETURNED) for row in returned]
        alert_events.add(connection, happened, now)
        alerts.refresh_marks_of(connection, [*suppressed, *returned], now)
        if len(happened) < ALERT_BATCH_SIZE:
            maintenance.mark_applied(connection, now)
            return
