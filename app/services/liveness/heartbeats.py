"""Manages heartbeats: what backups and scripts must report, and when."""

from sqlalchemy import Connection, RowMapping

from app.enums import HeartbeatStatus
from app.errors import NotFound
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.liveness import heartbeats


class HeartbeatService:
    """Methods that name a heartbeat raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, page: PageRequest, status: HeartbeatStatus | None = None, q: str | None = None) -> Page:
        """Return a page of heartbeats: those of a status, and those whose name contains `q`."""
        with self._database.reading() as connection:
            return heartbeats.fetch(connection, page, status, q)

    def get(self, heartbeat_id: int) -> RowMapping:
        """Return one heartbeat."""
        with self._database.reading() as connection:
            return _found(connection, heartbeat_id)

    def counts(self) -> dict[str, int]:
        """Return how many heartbeats have each status."""
        with self._database.reading() as connection:
            found = heartbeats.counts(connection)
        return {status: found.get(status, 0) for status in HeartbeatStatus}


def _found(connection: Connection, heartbeat_id: int) -> RowMapping:
    heartbeat = heartbeats.find(connection, heartbeat_id)
    if heartbeat is None:
        raise NotFound(f"there is no heartbeat {heartbeat_id}")
    return heartbeat
