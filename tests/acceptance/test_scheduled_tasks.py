"""A real worker runs a scheduled task at its time, also after Redis has lost everything."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, User
from tests.cli.processes import wait_for

URL = "simulator://demo?hosts=3&items=2"


@pytest.mark.parametrize("is_flushed", [False, True])
def test_a_scheduled_task_runs_at_its_time_and_not_before(stack: Stack, user: User, is_flushed: bool) -> None:
    stack.start_worker()
    monitor_id = user.add_monitor(URL)
    run_at = datetime.now(UTC) + timedelta(seconds=2)
    request = {"type": "pull_hosts", "params": {"monitor_id": monitor_id}, "run_at": run_at.isoformat()}
    task_id = user.post("/tasks", 202, request)["task_id"]
    waiting = user.task(task_id)
    assert (waiting["state"], datetime.fromisoformat(waiting["next_run_at"])) == ("queued", run_at)
    assert user.stats() == EMPTY
    if is_flushed:
        stack.redis.flushall()
    done = user.end(task_id)
    assert (done["state"], done["attempts"], done["next_run_at"]) == ("succeeded", 1, None)
    assert datetime.fromisoformat(done["started_at"]) >= run_at
    wait_for(lambda: user.http.get("/queue/stats").json() == EMPTY, "all queues to be empty")


def test_a_scheduled_task_of_a_dead_worker_runs_on_another(stack: Stack, user: User) -> None:
    monitor_id = user.add_monitor(URL)
    stack.start_worker()
    run_at = datetime.now(UTC) + timedelta(seconds=1)
    request = {"type": "sync", "params": {"monitor_id": monitor_id}, "run_at": run_at.isoformat()}
    task_id = user.post("/tasks", 202, request)["task_id"]
    stack.kill_workers()
    stack.start_worker()
    assert user.end(task_id)["state"] == "succeeded"
