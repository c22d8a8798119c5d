"""Notes what is missing of a monitor, in the transaction that raises or ends the alert about it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from app import clock
from app.services.alerts.alert_sources import AlertSource
from app.store.inventory import monitors
from app.store.liveness import watches
from app.store.liveness.watches import Key


def note(connection: Connection, monitor_id: int, missing: Sequence[Key], found: Sequence[Key]) -> bool:
    """Note what is missing now and what no longer is; return false if another leader has already noted it.

    What keeps the monitor's alerts is locked until the transaction ends, so that only one of two leaders changes the
    alert.
    """
    monitors.lock(connection, AlertSource.of(connection, monitor_id).owner_id)
    now = clock.now()
    return watches.alarm(connection, missing, now) + watches.calm(connection, found) > 0
