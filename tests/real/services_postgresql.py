"""The services on a real PostgreSQL, where two that act at once really do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.composition import Services, wire
from app.queue.connection import Broker
from app.settings import load_settings
from app.store.database.engine import Database
from app.store.operation.migrate import upgrade
from tests.services.conftest import LEASE_S, Time, by, monitor_id, time
from tests.store.emptied import empty

__all__ = ["by", "migrated", "monitor_id", "services", "time"]


@pytest.fixture(scope="module")
def migrated(postgres_url: str) -> str:
    upgrade(postgres_url)
    return postgres_url


@pytest.fixture
def services(tmp_path: Path, migrated: str, redis: Redis, time: Time) -> Iterator[Services]:
    given = {
        "NAGARE_HOME": str(tmp_path),
        "NAGARE_SECRET_KEY": "a secret for tests",
        "NAGARE_LEASE_S": f"{LEASE_S:g}",
        "DATABASE_URL": migrated,
    }
    services = wire(load_settings(given), Database(migrated, durable=False), Broker(redis))
    empty(services.database)
    yield services
    services.database.close()
