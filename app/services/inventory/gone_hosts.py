"""Archives hosts that have been gone from their source for long, and later deletes them."""

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import AuditedType
from app.errors import Conflict, NotFound
from app.models.hosts import LOCAL_PREFIX
from app.services.access.audit import Editor, record_removal
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.inventory import gone_hosts, hosts

TURN_EVERY_S = 60.0
HOST_BATCH_SIZE = 500
REMOVED_HOST_BATCH_SIZE = 50
ITEM_BATCH_SIZE = 5000
SHOWN = ("name", "display_name", "external_id", "monitor_id")
"""What the audit log keeps of a host."""

log = structlog.get_logger(__name__)


class GoneHosts:
    """All methods raise DatabaseUnavailable. A host is archived `archive_days` after it was gone, 0 means never.

    It is deleted `prune_days` after that. Alerts and maintenance windows stay with its name.
    """

    def __init__(self, database: Database, *, archive_days: float, prune_days: float) -> None:
        self._database = database
        self._listed = timedelta(days=archive_days)
        self._archived = timedelta(days=prune_days)
        self._turns = Interval(TURN_EVERY_S)

    def tick(self) -> None:
        """Archive and delete some hosts each minute, and at every tick while more are left.

        Few in a transaction, so that no other writer waits long.
        """
        if not self._turns.is_over():
            return
        is_more_left = [self._archive_some(), self._remove_some()]
        if any(is_more_left):
            self._turns.cut_short()

    def delete(self, host_id: int, editor: Editor) -> None:
        """Delete a host that is gone from its source or was never pushed to it, with its items.

        Raises NotFound, and Conflict with what to do if the source has it or a maintenance window still names it.
        """
        while not self._delete_part(host_id, editor):
            pass

    def _archive_some(self) -> bool:
        if not self._listed:
            return False
        now = clock.now()
        with self._database.transaction() as connection:
            count = gone_hosts.archive(connection, now - self._listed, now, HOST_BATCH_SIZE)
        if count:
            log.info("host.archived", count=count)
        return count >= HOST_BATCH_SIZE

    def _remove_some(self) -> bool:
        if not self._archived:
            return False
        now = clock.now()
        with self._database.transaction() as connection:
            wanted = gone_hosts.lock_prunable(connection, now - self._archived, now, REMOVED_HOST_BATCH_SIZE)
            is_whole = not wanted or _remove_part(connection, wanted)
        if wanted and is_whole:
            log.info("host.pruned", count=len(wanted))
        return not is_whole or len(wanted) >= REMOVED_HOST_BATCH_SIZE

    def _delete_part(self, host_id: int, editor: Editor) -> bool:
        """Delete as much of a host as fits into a short transaction; return whether it was all."""
        with self._database.transaction() as connection:
            hosts.lock(connection, [host_id])
            host = hosts.find(connection, host_id)
            if host is None:
                raise NotFound(f"there is no host {host_id}")
            if host["vanished_at"] is None and not host["external_id"].startswith(LOCAL_PREFIX):
                raise Conflict(
                    f"monitor {host['monitor_id']} still has host {host_id}: remove it there and pull the hosts, or"
                    " disable it here and push it"
                )
            window_id = gone_hosts.planned_window(connection, host_id, clock.now())
            if window_id is not None:
                raise Conflict(f"maintenance window {window_id} names host {host_id}: end or delete it first")
            is_whole = _remove_part(connection, [host_id])
            if is_whole:
                record_removal(connection, editor, AuditedType.HOST, host_id, {name: host[name] for name in SHOWN})
        return is_whole


def _remove_part(connection: Connection, host_ids: list[int]) -> bool:
    gone_hosts.release(connection, host_ids)
    if gone_hosts.remove_items(connection, host_ids, ITEM_BATCH_SIZE) >= ITEM_BATCH_SIZE:
        return False
    gone_hosts.remove(connection, host_ids)
    return True
