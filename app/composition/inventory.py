"""Builds the services of monitors, hosts and items."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from app.composition.ledger import Ledger
from app.composition.resources import Resources
from app.connectors.registry import open_connector
from app.services.alerts.alert_targets import link_alerts
from app.services.inventory.backfills import Backfills
from app.services.inventory.gone_hosts import GoneHosts
from app.services.inventory.ha_identities import HaIdentityService
from app.services.inventory.inventory import InventoryService
from app.services.inventory.item_values import ItemValues
from app.services.inventory.mappings import MappingService
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.monitors import MonitorService
from app.services.inventory.pulls import PullService
from app.services.inventory.pushes import PushService
from app.services.inventory.search_index import SearchIndex
from app.services.machines.identities import identify


@dataclass(frozen=True)
class Inventory:
    """Monitors, hosts, items and values; pulls and pushes."""

    monitor_connections: MonitorConnections
    monitors: MonitorService
    mappings: MappingService
    ha_identities: HaIdentityService
    inventory: InventoryService
    gone_hosts: GoneHosts
    backfills: Backfills
    item_values: ItemValues
    pulls: PullService
    pushes: PushService
    search_index: SearchIndex


def build_inventory(resources: Resources, ledger: Ledger) -> Inventory:
    """Build the services of monitors, hosts and items."""
    database, settings = resources.database, resources.settings
    connections = MonitorConnections(database, resources.vault, open_connector)
    item_values = ItemValues(database, settings.values_hours, settings.value_days)
    pulls = PullService(database, connections, item_values, link_alerts, _take_note_of_hosts)
    return Inventory(
        monitor_connections=connections,
        monitors=MonitorService(database, resources.vault, connections, open_connector, ledger.task_events),
        mappings=MappingService(database),
        ha_identities=HaIdentityService(database),
        inventory=InventoryService(database),
        gone_hosts=GoneHosts(database, archive_days=settings.host_archive_days, prune_days=settings.host_prune_days),
        backfills=Backfills(database, connections, values_hours=settings.values_hours, value_days=settings.value_days),
        item_values=item_values,
        pulls=pulls,
        pushes=PushService(database, connections, pulls),
        search_index=SearchIndex(database),
    )


def _take_note_of_hosts(connection: Connection, monitor_id: int, host_ids: Collection[int]) -> None:
    """Do what follows when hosts of a monitor are new or have changed."""
    identify(connection, host_ids)
    link_alerts(connection, monitor_id, host_ids)
