"""Any order of what can happen to tasks and to alerts leaves true what must be true."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from redis import Redis

from app.composition import Services, wire
from app.queue.connection import Broker
from app.settings import load_settings
from app.store.database.engine import Database
from tests.services.alert_machine import AlertMachine
from tests.services.conftest import LEASE_S, Time
from tests.services.task_machine import TaskMachine

SOME = settings(
    max_examples=6,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def fresh(tmp_path: Path, template: Path, redis: Redis, time: Time) -> Iterator[Callable[[], Services]]:
    """Return what makes services on an empty database and an empty Redis."""
    made: list[Services] = []

    def make() -> Services:
        path = tmp_path / f"{len(made)}.db"
        shutil.copy(template, path)
        redis.flushall()
        given = {
            "NAGARE_HOME": str(tmp_path),
            "NAGARE_SECRET_KEY": "a secret for tests",
            "NAGARE_LEASE_S": f"{LEASE_S:g}",
            "NAGARE_RETRY_BASE_S": "1",
            "DATABASE_URL": f"sqlite:///{path}",
        }
        made.append(wire(load_settings(given), Database(f"sqlite:///{path}", durable=False), Broker(redis)))
        return made[-1]

    yield make
    for services in made:
        services.database.close()


def test_alerts(fresh: Callable[[], Services], time: Time) -> None:
    make: Any = lambda: AlertMachine(fresh, time)  # noqa: E731
    run_state_machine_as_test(make, settings=SOME)


def test_tasks(fresh: Callable[[], Services], redis: Redis, time: Time) -> None:
    make: Any = lambda: TaskMachine(fresh, redis, time)  # noqa: E731
    run_state_machine_as_test(make, settings=SOME)
