"""Whether nagare can do its work."""

from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.queue.lengths import QueueLengths
from app.queue.workers import WorkerRegistry
from app.store.engine import Database
from app.store.schema import is_recent

PARTS = ("database", "broker", "worker")


class HealthService:
    """Looks at what nagare needs."""

    def __init__(self, database: Database, registry: WorkerRegistry, lengths: QueueLengths) -> None:
        self._database = database
        self._registry = registry
        self._lengths = lengths

    def readiness(self, part: str | None = None) -> dict[str, str | None]:
        """Return what is wrong with each of `PARTS`, or with that one only: None when nothing is. Raises nothing."""
        found = {"database": self._database_error()} if part in ("database", None) else {}
        if part != "database":
            found |= self._broker_errors()
        return {name: error for name, error in found.items() if part in (name, None)}

    def _database_error(self) -> str | None:
        try:
            with self._database.reading() as connection:
                return None if is_recent(connection) else "the schema is older than this version: run nagare migrate"
        except DatabaseUnavailable as error:
            return str(error)

    def _broker_errors(self) -> dict[str, str | None]:
        try:
            alive = self._registry.alive()
        except BrokerUnavailable as error:
            return {"broker": str(error), "worker": "unknown: workers sign on in Redis"}
        stalled = [worker["name"] for worker in alive if worker.get("is_stalled")]
        missing = None if alive else "no worker is alive"
        if stalled:
            missing = f"tasks wait and slots are free, but none is taken by {', '.join(stalled)}"
        try:
            self._lengths.ping()
        except BrokerUnavailable as error:
            return {"broker": str(error), "worker": missing}
        return {"broker": None, "worker": missing}
