"""Notifications with rules, changes and messages in a real PostgreSQL, where two leaders really work at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.composition import Services, wire
from app.models import Base
from app.queue.connection import Broker
from app.settings import load_settings
from app.store.engine import Database
from app.store.migrate import upgrade
from tests.services.conftest import Time, by, monitor_id, time
from tests.services.test_notifications import *  # noqa: F403
from tests.services.test_notifications import notify, receiver, serve, task_id

__all__ = ["by", "monitor_id", "notify", "receiver", "serve", "task_id", "time"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def migrated(postgres_url: str) -> str:
    upgrade(postgres_url)
    return postgres_url


@pytest.fixture
def services(tmp_path: Path, migrated: str, redis: Redis, time: Time) -> Iterator[Services]:
    given = {"NAGARE_HOME": str(tmp_path), "NAGARE_SECRET_KEY": "a secret for tests", "DATABASE_URL": migrated}
    services = wire(load_settings(given), Database(migrated, durable=False), Broker(redis))
    with services.database.transaction() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    yield services
    services.database.close()
