"""The machines of tasks and alerts with a real PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.composition import Services, wire
from app.queue.connection import Broker
from app.settings import load_settings
from app.store.database.engine import Database
from tests.real.services_postgresql import migrated, time
from tests.services.conftest import LEASE_S
from tests.services.test_machines import test_alerts, test_tasks
from tests.store.emptied import empty

__all__ = ["migrated", "test_alerts", "test_tasks", "time"]

pytestmark = pytest.mark.real


@pytest.fixture
def fresh(tmp_path: Path, migrated: str, redis: Redis) -> Iterator[Callable[[], Services]]:
    """Return what makes services on an empty database and an empty Redis."""
    database = Database(migrated, durable=False)
    given = {
        "NAGARE_HOME": str(tmp_path),
        "NAGARE_SECRET_KEY": "a secret for tests",
        "NAGARE_LEASE_S": f"{LEASE_S:g}",
        "NAGARE_RETRY_BASE_S": "1",
        "DATABASE_URL": migrated,
    }

    def make() -> Services:
        empty(database)
        redis.flushall()
        return wire(load_settings(given), database, Broker(redis))

    yield make
    database.close()
