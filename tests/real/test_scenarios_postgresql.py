"""The scenarios and the accidents with the ledger in a real PostgreSQL, and a PostgreSQL that goes away."""

import time

import pytest

from tests.acceptance.fixtures import _tidy, stack, user
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import (
    assert_succeeded,
    quick,
    running,
    slow,
    test_a_child_that_stood_still_does_not_come_back_to_a_task_that_was_taken_from_it,
    test_a_killed_child,
    test_a_killed_worker_with_running_waiting_and_retrying_tasks,
    test_a_message_that_is_delivered_to_two_workers_at_once,
    test_a_rolling_restart_under_load,
    test_a_task_that_was_cancelled_while_it_ran_stops,
    test_one_slow_monitor_does_not_take_all_slots,
)
from tests.acceptance.test_five_pulls import (
    test_five_pulls_wait_while_no_worker_runs_and_are_done_once_one_does,
    test_redis_cli_and_the_statistics_agree_on_all_seven_queues,
)
from tests.acceptance.test_syncs import test_a_worker_that_is_killed_in_the_middle_of_a_child
from tests.acceptance.test_webhook import test_a_storm_of_posts_while_workers_are_killed
from tests.acceptance.user import User
from tests.cli.processes import wait_for
from tests.real import postgres_lab
from tests.unit.connectors.conftest import serve

__all__ = [
    "_tidy",
    "quick",
    "serve",
    "slow",
    "stack",
    "test_a_child_that_stood_still_does_not_come_back_to_a_task_that_was_taken_from_it",
    "test_a_killed_child",
    "test_a_killed_worker_with_running_waiting_and_retrying_tasks",
    "test_a_message_that_is_delivered_to_two_workers_at_once",
    "test_a_rolling_restart_under_load",
    "test_a_storm_of_posts_while_workers_are_killed",
    "test_a_task_that_was_cancelled_while_it_ran_stops",
    "test_a_worker_that_is_killed_in_the_middle_of_a_child",
    "test_five_pulls_wait_while_no_worker_runs_and_are_done_once_one_does",
    "test_one_slow_monitor_does_not_take_all_slots",
    "test_redis_cli_and_the_statistics_agree_on_all_seven_queues",
    "user",
]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def database_url(postgres_url: str) -> str:
    return postgres_url


def test_a_postgresql_that_is_stopped_for_a_while(stack: Stack, user: User, slow: int, quick: int) -> None:
    worker = stack.start_worker()
    begun = running(user, slow)["task_id"]
    waiting = [user.pull(quick) for _ in range(10)]
    before = len(user.all("/tasks"))
    with postgres_lab.away():
        for _ in range(3):
            refusal = user.call("POST", f"/monitors/{quick}/hosts/pull-async", 503)
            assert int(refusal.headers["Retry-After"]) >= 1
        readiness = user.readiness()
        assert (readiness.status_code, "database" in readiness.json()["errors"]) == (503, True)
        time.sleep(5)
    wait_for(lambda: user.http.get("/tasks").status_code == 200, "the API to see PostgreSQL again")
    assert len(user.all("/tasks")) == before
    assert_succeeded(user, [begun, *waiting, user.pull(quick)])
    # A worker records an outcome first, then logs it.
    wait_for(lambda: all(worker.events("task.succeeded", task_id) for task_id in waiting), "their success to be logged")
    assert all(len(worker.events("task.succeeded", task_id)) == 1 for task_id in waiting)
