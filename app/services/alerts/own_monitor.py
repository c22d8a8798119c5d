"""Finds the monitor of the alerts that nagare raises about itself; it is added when the first one is raised."""

from sqlalchemy import Connection

from app import clock
from app.enums import MonitorStatus
from app.rules.alerts.own_messages import OWN_SOURCE
from app.rules.monitor_types import WEBHOOK
from app.store.inventory import monitors


def own_monitor_id(connection: Connection) -> int:
    """Return the id of the monitor named `nagare`, of whatever type it is; add one that only receives if there is none.

    A person may rename or delete it: the next alert adds another one.
    """
    row = {"name": OWN_SOURCE, "type": WEBHOOK, "url": "", "status": MonitorStatus.UNKNOWN, "created_at": clock.now()}
    return monitors.ensure(connection, row)
