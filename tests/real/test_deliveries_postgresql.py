"""Posts in a real PostgreSQL, where those who record and those who take in really work at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.composition import Services
from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.alerts.test_webhook_intake import *  # noqa: F403
from tests.services.alerts.test_webhook_intake import FIRING, Post, post, tasks

__all__ = ["by", "migrated", "monitor_id", "post", "services", "time"]

pytestmark = pytest.mark.real


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
            if services.ledger.lifecycle.begin(task_id, "worker"):
                seen += services.alerts.webhook_intake.take_in(task_id, monitor_id).get("seen", 0)
        return seen

    with ThreadPoolExecutor(6) as pool:
        posting = [pool.submit(post_some, 50 * number) for number in range(5)]
        seen = 0
        while not all(each.done() for each in posting):
            seen += work()
        for each in posting:
            each.result()
    assert seen + work() == 250
