"""Links alerts to hosts and items that the inventory did not have when they were reported."""

from collections.abc import Collection

from sqlalchemy import Connection

from app import clock
from app.services.alerts.alert_sources import AlertSource
from app.services.alerts.alert_targets import AlertTargets, Target
from app.store.alerts import alert_targets, alerts


def link_alerts(connection: Connection, monitor_id: int, host_ids: Collection[int]) -> None:
    """Link the alerts of a monitor that name one of these hosts, or an item of it; update the hosts' error status."""
    if not host_ids:
        return
    source = AlertSource.of(connection, monitor_id)
    waiting = [
        *alert_targets.without_host(connection, source.owner_id, host_ids),
        *alert_targets.without_item(connection, host_ids),
    ]
    if not waiting:
        return
    targets = {row["id"]: Target.of_row(row) for row in waiting}
    known = AlertTargets(connection, source.members, targets.values())
    found = {alert_id: known.find(target) for alert_id, target in targets.items()}
    linked = {alert_id: ids for alert_id, ids in found.items() if ids[0] is not None}
    alert_targets.link(connection, linked)
    rows = [{"host_id": host_id, "item_id": item_id} for host_id, item_id in linked.values()]
    alerts.refresh_marks_of(connection, rows, clock.now())
