"""Posts in a real PostgreSQL, where those who record and those who take in really work at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from tests.services.test_deliveries import *  # noqa: F403
from tests.services.test_deliveries import FIRING, Post, post, tasks

__all__ = ["by", "monitor_id", "post", "time"]

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


def test_nothing_is_left_behind_by_those_who_post_while_tasks_begin_and_end(
    services: Services, post: Post, monitor_id: int
) -> None:
    """Each post is taken in by a task that was asked for before: none may wait for the recovery's second look."""

    def post_some(start: int) -> None:
        for number in range(start, start + 50):
            post(replace(FIRING, external_id=str(number)))

    def work() -> int:
        seen = 0
        for task_id in tasks(services):
            if services.lifecycle.begin(task_id, "worker"):
                seen += services.deliveries.take_in(monitor_id).get("seen", 0)
        return seen

    with ThreadPoolExecutor(6) as pool:
        posting = [pool.submit(post_some, 50 * number) for number in range(5)]
        seen = 0
        while not all(each.done() for each in posting):
            seen += work()
        for each in posting:
            each.result()
    assert seen + work() == 250
