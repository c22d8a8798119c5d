"""Checks whether nagare can do its work."""

from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry
from app.store.access import users
from app.store.database.engine import Database
from app.store.operation.schema_revision import is_recent

PARTS = ("database", "setup", "broker", "worker")


class HealthService:
    """Checks what nagare depends on."""

    def __init__(self, database: Database, registry: WorkerRegistry, lengths: QueueLengths) -> None:
        self._database = database
        self._registry = registry
        self._lengths = lengths
        self._is_set_up = False

    def readiness(self, part: str | None = None) -> dict[str, str | None]:
        """Return the problem of each of `PARTS`, or of one part; None means none. Raises nothing."""
        found = self._database_errors() if part in ("database", "setup", None) else {}
        if part not in ("database", "setup"):
            found |= self._broker_errors()
        return {name: error for name, error in found.items() if part in (name, None)}

    def _database_errors(self) -> dict[str, str | None]:
        try:
            with self._database.reading() as connection:
                if not is_recent(connection):
                    old = "the schema is older than this version: run nagare migrate"
                    return {
                        "database": old,
                        "setup": None if self._is_set_up else "not checked: the schema must be migrated first",
                    }
                # The last user is never deleted, so this stays true.
                self._is_set_up = self._is_set_up or users.count(connection) > 0
        except DatabaseUnavailable as error:
            return {
                "database": str(error),
                "setup": None if self._is_set_up else "not checked: the database is unavailable",
            }
        missing = "there is no user yet: set NAGARE_ADMIN_PASSWORD and run nagare migrate, or nagare user add"
        return {"database": None, "setup": None if self._is_set_up else missing}

    def _broker_errors(self) -> dict[str, str | None]:
        try:
            alive = self._registry.alive()
        except BrokerUnavailable as error:
            return {"broker": str(error), "worker": "not checked: the broker is unavailable"}
        stalled = [worker["name"] for worker in alive if worker.get("is_stalled")]
        missing = None if alive else "there is no live worker: start one with celery -A tasks worker"
        if stalled:
            missing = f"tasks are waiting and slots are free, but these workers take none: {', '.join(stalled)}"
        try:
            self._lengths.ping()
        except BrokerUnavailable as error:
            return {"broker": str(error), "worker": missing}
        return {"broker": None, "worker": missing}
