"""Determines which open alerts are suppressed: covered by a maintenance window, or snoozed."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind
from app.store.alerts import alert_events, alerts, suppression
from app.store.database.engine import Database

ALERT_BATCH_SIZE = 1000


class Flipped(NamedTuple):
    """Alerts that became suppressed, and that became unsuppressed."""

    suppressed: Collection[int] = ()
    returned: Collection[int] = ()


class Witnesses(Protocol):
    """Keeps alerts of several monitors that tell one fault of a machine from counting several times."""

    def lock(self, connection: Connection, host_ids: Collection[int]) -> None:
        """Make others wait that write alerts of the same machines as these hosts'."""

    def settle(self, connection: Connection, alert_ids: Collection[int], fresh: Collection[int] = ()) -> Flipped:
        """Update which alerts are witnesses on the machines of these alerts, of which some have just fired.

        It records what happens to other alerts, and returns what happened to these.
        """


class NoWitnesses:
    """Every alert counts for itself."""

    def lock(self, connection: Connection, host_ids: Collection[int]) -> None:
        """Lock nothing."""

    def settle(
        self,
        connection: Connection,  # noqa: ARG002
        alert_ids: Collection[int],  # noqa: ARG002
        fresh: Collection[int] = (),  # noqa: ARG002
    ) -> Flipped:
        """Change nothing."""
        return Flipped()


class Suppression:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tick(self) -> None:
        """Apply the windows that began or ended and the snoozes that expired since the last tick."""
        with self._database.reading() as connection:
            is_due = suppression.is_any_due(connection, clock.now())
        if is_due:
            with self._database.transaction() as connection:
                update_all_marks(connection, clock.now())


def update_all_marks(connection: Connection, now: datetime) -> None:
    """Update the suppression of all open alerts, with their histories and hosts.

    Alerts that become unsuppressed are notified again.
    """
    while True:
        suppressed, returned = suppression.flip(connection, now, ALERT_BATCH_SIZE)
        happened = [(row["id"], AlertEventKind.SUPPRESSED) for row in suppressed]
        happened += [(row["id"], AlertEventKind.RETURNED) for row in returned]
        alert_events.add(connection, happened, now)
        alerts.refresh_marks_of(connection, [*suppressed, *returned], now)
        if len(happened) < ALERT_BATCH_SIZE:
            suppression.mark_applied(connection, now)
            return
