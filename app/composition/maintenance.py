"""Builds the services of maintenance windows."""

from dataclasses import dataclass

from app.composition.inventory import Inventory
from app.composition.ledger import Ledger
from app.composition.machines import Machines
from app.composition.resources import Resources
from app.services.alerts.alert_intake import AlertIntake
from app.services.maintenance.push_alarms import PushAlarms
from app.services.maintenance.push_planner import PushPlanner
from app.services.maintenance.source_pushes import SourcePushes
from app.services.maintenance.windows import MaintenanceService


@dataclass(frozen=True)
class Maintenance:
    """Maintenance windows, and what their monitors are told of them."""

    windows: MaintenanceService
    source_pushes: SourcePushes
    push_alarms: PushAlarms


def build_maintenance(resources: Resources, ledger: Ledger, inventory: Inventory, machines: Machines) -> Maintenance:
    """Build the services of maintenance windows."""
    database, outbox = resources.database, ledger.outbox
    planner = PushPlanner(outbox)
    return Maintenance(
        windows=MaintenanceService(database, outbox, planner),
        source_pushes=SourcePushes(database, inventory.monitor_connections, outbox, planner, ledger.dead_letters),
        push_alarms=PushAlarms(database, AlertIntake(machines.witnesses)),
    )
