"""Who loses a race on a real PostgreSQL is told so, and may try again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.errors import ConcurrentChange, Conflict
from app.store import schedules
from tests.real.services_postgresql import migrated, services, time

__all__ = ["migrated", "services", "time"]

pytestmark = pytest.mark.real
RACERS = 8
FIELDS = {"cron": "* * * * *", "timezone": "UTC", "task_type": "generate_alerts", "params": {"count": 1}}


def race(act: Callable[[], Any]) -> list[Any]:
    """Do the same in many threads at once, and return what each got."""
    start = Barrier(RACERS)

    def run(_: int) -> Any:
        start.wait()
        try:
            return act()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(RACERS) as threads:
        return list(threads.map(run, range(RACERS)))


@pytest.mark.parametrize("name", [f"同名 {n}" for n in range(5)])
def test_of_many_who_take_a_name_at_once_one_gets_it(services: Services, name: str) -> None:
    outcomes = race(lambda: services.schedules.create({**FIELDS, "name": name, "enabled": True}))
    assert sum(not isinstance(outcome, Conflict) for outcome in outcomes) == 1


def test_who_refers_to_what_was_deleted_meanwhile_is_told_so(services: Services) -> None:
    now = clock.now()
    row = {**FIELDS, "name": "孤儿", "monitor_id": 999_999_999, "created_at": now, "next_run_at": now}
    with pytest.raises(ConcurrentChange, match="try again"), services.database.transaction() as connection:
        schedules.add(connection, row)
