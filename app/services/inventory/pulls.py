"""Pulls hosts and items from their monitors into the inventory, page by page, each page in one transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from operator import itemgetter

from sqlalchemy import Connection

from app import clock
from app.connectors.base import Connector, HostRecord, ItemPage, ItemRecord
from app.errors import NotFound, SourceError
from app.rules.progress_messages import ProgressUnit, counted
from app.services.inventory.item_values import ItemValues
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.seen_items import SeenItems
from app.services.ledger.task_lifecycle import Step, no_step
from app.store.database.engine import Database
from app.store.inventory import hosts, items, monitors, pulled_items
from app.store.inventory.pulled_items import PulledItem

ITEM_FIELDS = itemgetter(
    *(ItemRecord._fields.index({"source_error": "error"}.get(name, name)) for name in PulledItem._fields)
)


HostsWritten = Callable[[Connection, int, Collection[int]], None]
"""Called in the transaction that wrote hosts of a monitor or their items, with the monitor's and the hosts' ids."""


def no_follow_up(connection: Connection, monitor_id: int, host_ids: Collection[int]) -> None:
    """Do nothing more with written hosts."""


@dataclass(slots=True)
class Counts:
    """The counts of a pull."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    vanished: int = 0

    def add(self, seen: int, created: int, updated: int, vanished: int = 0) -> None:
        """Add the counts of one page."""
        self.seen += seen
        self.created += created
        self.updated += updated
        self.unchanged += seen - created - updated
        self.vanished += vanished


class PullService:
    """Every method raises NotFound, Conflict (a disabled monitor), SourceError, DatabaseUnavailable, TaskInterrupted.

    An interrupted pull leaves whole pages and can be run again.
    """

    def __init__(
        self,
        database: Database,
        monitor_connections: MonitorConnections,
        values: ItemValues,
        on_written: HostsWritten = no_follow_up,
        on_hosts_written: HostsWritten | None = None,
    ) -> None:
        self._database = database
        self._monitor_connections = monitor_connections
        self._values = values
        self._on_written = on_written
        self._on_hosts_written = on_hosts_written or on_written

    def hosts(self, monitor_id: int, step: Step = no_step) -> dict[str, int]:
        """Pull all hosts of a monitor; hosts that the source no longer has become inactive."""
        with self._monitor_connections.open(monitor_id) as connector:
            counts = self._pull_hosts(connector, monitor_id, step)
        return asdict(counts)

    def items(self, monitor_id: int, host_id: int | None = None, step: Step = no_step) -> dict[str, int]:
        """Pull the items of one host, or of all hosts of a monitor; pull the hosts first if there are none."""
        counts = Counts()
        with self._monitor_connections.open(monitor_id) as connector:
            if host_id is None and not self._has_hosts(monitor_id):
                self._pull_hosts(connector, monitor_id, step)
            with self._database.reading() as connection:
                wanted = hosts.external_ids(connection, monitor_id, host_id)
            done, unreadable = 0, dict[str, SourceError]()
            step(0, len(wanted), counted((0, ProgressUnit.ITEMS)))
            seen = SeenItems()
            for page in connector.items(wanted):
                self._write_items(monitor_id, page, counts, seen)
                unreadable.update(page.unreadable)
                done += 0 if page.continues else len(page.host_external_ids)
                step(done, len(wanted), counted((counts.seen, ProgressUnit.ITEMS)))
            first = next(iter(unreadable.values()), None)
            if first is not None and len(unreadable) == len(wanted):
                raise first
        with self._database.transaction() as connection:
            if host_id is None:
                monitors.record_unreadable(
                    connection, monitor_id, len(unreadable), None if first is None else str(first)
                )
            monitors.record_pulled(connection, monitor_id, clock.now())
        return asdict(counts) | {"unreadable": len(unreadable)}

    def host(self, monitor_id: int, host_id: int, step: Step = no_step) -> dict[str, int]:
        """Pull one host."""
        step(0, 1, "")
        with self._monitor_connections.open(monitor_id) as connector:
            counts = self.refresh_host(connector, monitor_id, host_id)
        step(1, 1, "")
        return asdict(counts)

    def item(self, monitor_id: int, host_id: int, item_id: int, step: Step = no_step) -> dict[str, int]:
        """Pull one item."""
        step(0, 1, "")
        with self._monitor_connections.open(monitor_id) as connector:
            counts = self.refresh_item(connector, monitor_id, host_id, item_id)
        step(1, 1, "")
        return asdict(counts)

    def refresh_host(self, connector: Connector, monitor_id: int, host_id: int) -> Counts:
        """Write the source's current record of one host."""
        with self._database.reading() as connection:
            host = hosts.find(connection, host_id)
        if host is None:
            raise NotFound(f"there is no host {host_id}")
        records = [record for page in connector.hosts([host["external_id"]]) for record in page.records]
        counts, now = Counts(), clock.now()
        with self._database.transaction() as connection:
            written = hosts.upsert(connection, monitor_id, _host_rows(records), now)
            self._on_hosts_written(connection, monitor_id, [*written.ids.values()])
            if not records:
                hosts.mark_gone(connection, [host_id], now)
        counts.add(len(records), written.created, written.updated, vanished=0 if records else 1)
        return counts

    def refresh_item(self, connector: Connector, monitor_id: int, host_id: int, item_id: int) -> Counts:
        """Write the source's current record of one item."""
        with self._database.reading() as connection:
            host, item = hosts.find(connection, host_id), items.find(connection, item_id)
        if host is None or item is None:
            raise NotFound(f"there is no item {item_id} of host {host_id}")
        record = connector.item(host["external_id"], item["external_id"])
        counts, now = Counts(), clock.now()
        with self._database.transaction() as connection:
            if not hosts.lock(connection, [host_id]):
                raise NotFound(f"host {host_id} was deleted while its item {item_id} was read")
            if record is None:
                items.mark_gone(connection, [item_id], now)
                counts.add(0, 0, 0, vanished=1)
            else:
                rows = {(host_id, record.external_id): _item_row(record)}
                written = pulled_items.upsert(connection, monitor_id, rows, now)
                self._values.add(connection, ((id, rows[identity]) for identity, id in written.ids.items()))
                self._on_written(connection, monitor_id, [host_id] if written.created else [])
                counts.add(1, written.created, written.updated)
        return counts

    def _has_hosts(self, monitor_id: int) -> bool:
        with self._database.reading() as connection:
            return hosts.count(connection, monitor_id) > 0

    def _pull_hosts(self, connector: Connector, monitor_id: int, step: Step) -> Counts:
        counts, seen, is_partial, started_at = Counts(), set[str](), False, clock.now()
        step(0, None, counted((0, ProgressUnit.HOSTS)))
        for page in connector.hosts():
            rows = _host_rows(page.records)
            with self._database.transaction() as connection:
                written = hosts.upsert(connection, monitor_id, rows, clock.now())
                self._on_hosts_written(connection, monitor_id, [*written.ids.values()])
            is_partial = is_partial or page.is_partial
            seen.update(row.external_id for row in rows)
            counts.add(len(rows), written.created, written.updated)
            step(len(seen), max(page.total, len(seen)), counted((len(seen), ProgressUnit.HOSTS)))
        with self._database.transaction() as connection:
            if not is_partial:
                counts.vanished = hosts.mark_vanished(connection, monitor_id, seen, started_at, clock.now())
            monitors.record_pulled(connection, monitor_id, clock.now())
        return counts

    def _write_items(self, monitor_id: int, page: ItemPage, counts: Counts, seen: SeenItems) -> None:
        now = clock.now()
        with self._database.transaction() as connection:
            readable = [name for name in page.host_external_ids if name not in page.unreadable]
            known = hosts.ids_by_external_id(connection, monitor_id, readable)
            # Two pulls that write the same items in different orders would deadlock on PostgreSQL, and a host may just
            # have been deleted.
            there = hosts.lock(connection, known.values())
            host_ids = {name: host_id for name, host_id in known.items() if host_id in there}
            rows = {
                (host_ids[record.host_external_id], record.external_id): _item_row(record)
                for record in page.records
                if record.host_external_id in host_ids
            }
            found = seen.compare(connection, page, host_ids.values(), rows)
            written = pulled_items.upsert(connection, monitor_id, found.others, now, found.followed)
            self._values.add(connection, ((id, rows[identity]) for identity, id in written.ids.items()))
            items.mark_gone(connection, found.gone, now)
            errors = {name: str(error) for name, error in page.unreadable.items()}
            hosts.record_items_errors(connection, monitor_id, () if page.continues else readable, errors, now)
            if written.created:
                self._on_written(connection, monitor_id, host_ids.values())
        counts.add(len(rows), written.created, written.updated, len(found.gone))


def _host_rows(records: Sequence[HostRecord]) -> list[hosts.PulledHost]:
    """Return one row per host; if a source lists a host twice, the last record counts."""
    return list({record.external_id: _host_row(record) for record in records}.values())


def _host_row(record: HostRecord) -> hosts.PulledHost:
    return hosts.PulledHost(
        external_id=record.external_id,
        name=record.name,
        display_name=record.display_name,
        description=record.description,
        enabled=record.enabled,
        ip_addr=record.ip_addr,
        source_error=record.error,
        groups=record.groups,
        labels=record.labels,
        details=record.details,
    )


def _item_row(record: ItemRecord) -> PulledItem:
    return PulledItem._make(ITEM_FIELDS(record))
