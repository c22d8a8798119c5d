"""The store's suite, and tasks of an API and a worker, through a PgBouncer in transaction mode with few connections."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from tests.acceptance.stack import Stack
from tests.real.pgbouncer_server import PgBouncer
from tests.real.services_postgresql import migrated
from tests.store.conftest import connection
from tests.store.database.test_engine import *  # noqa: F403
from tests.store.database.test_prepared_statements import *  # noqa: F403
from tests.store.emptied import empty
from tests.store.ledger.test_task_runs import *  # noqa: F403

__all__ = ["connection", "migrated"]

pytestmark = pytest.mark.real

CONNECTIONS = 3
TASKS = 100


@pytest.fixture(scope="module")
def pooler(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgBouncer]:
    pooler = PgBouncer(tmp_path_factory.mktemp("pgbouncer"), postgres_url, CONNECTIONS)
    yield pooler
    pooler.close()


@pytest.fixture
def database(migrated: str, pooler: PgBouncer) -> Iterator[Database]:
    database = Database(pooler.url, durable=False, postgresql=PostgresqlOptions(through_pooler=True))
    empty(database)
    yield database
    database.close()


def test_tasks_are_accepted_and_done_once(tmp_path: Path, migrated: str, pooler: PgBouncer) -> None:
    # It migrates and makes its user at PostgreSQL itself.
    stack = Stack(tmp_path, migrated)
    try:
        stack.api.kill()
        stack.settings |= {"DATABASE_URL": pooler.url, "NAGARE_DATABASE_POOLER": "1"}
        stack.start_api()
        stack.start_worker()
        monitor = stack.user.add_monitor("simulator://demo?hosts=1&items=1")
        users = [stack.new_user() for _ in range(8)]
        with ThreadPoolExecutor(len(users)) as pool:
            asked = [pool.submit(users[n % len(users)].pull, monitor) for n in range(TASKS)]
        task_ids = {each.result() for each in asked}
        stack.user.wait_all(TASKS, "succeeded")
        tasks = stack.user.all("/tasks")
        assert {(task["task_id"], task["attempts"]) for task in tasks} == {(task_id, 1) for task_id in task_ids}
    finally:
        stack.close()
