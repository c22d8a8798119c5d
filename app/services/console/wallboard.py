"""What a wallboard shows of the hosts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.enums import InventoryStatus
from app.store.console import wallboard
from app.store.database.engine import Database

NAMED_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class HostHealth:
    """How many hosts have which status, and the names of some that are in trouble."""

    counts: Mapping[InventoryStatus, int]
    in_trouble: Sequence[str]

    @property
    def total(self) -> int:
        """The number of all hosts."""
        return sum(self.counts.values())


class WallboardService:
    """Raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def host_health(self, monitor_id: int | None = None) -> HostHealth:
        """Return how the hosts of one monitor or of all are."""
        with self._database.reading() as connection:
            found = wallboard.hosts_by_status(connection, monitor_id)
            names = wallboard.names_of(connection, monitor_id, InventoryStatus.ERROR, NAMED_AT_MOST)
        return HostHealth({status: found.get(status, 0) for status in reversed(InventoryStatus)}, names)
