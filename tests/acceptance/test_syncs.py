"""All of a monitor is pulled by one request, with real workers that are killed."""

from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for

WHOLE = "simulator://demo?hosts=5&items=3&alerts=1"


def sync(user: User, monitor: int) -> str:
    accepted = user.post(f"/monitors/{monitor}/sync-async", 202)
    task_id = str(accepted["task_id"])
    assert accepted == {"message": "Sync task queued", "task_id": task_id, "monitor_id": monitor}
    return task_id


def states(task: Json) -> list[tuple[str, str]]:
    return [(child["type"], child["state"]) for child in task["children"]]


def test_hosts_items_and_alerts_are_pulled_as_one_task(stack: Stack, user: User) -> None:
    stack.start_worker()
    monitor = user.add_monitor(WHOLE, max_parallel_tasks=1)
    task = user.end(sync(user, monitor))
    assert (task["state"], task["attempts"]) == ("succeeded", 1)
    assert task["result"] == {"children": 3, "succeeded": 3, "failed": 0, "cancelled": 0}
    assert task["progress"]["done"] == task["progress"]["total"] == 5 + 5 + 5
    assert [len(user.all(path, monitor_id=monitor)) for path in ("/hosts", "/items", "/alerts")] == [5, 15, 5]


def test_a_monitor_that_fails_is_told_by_the_parent(stack: Stack, user: User) -> None:
    stack.start_worker(NAGARE_RETRY_BASE_S="0.01")
    monitor = user.add_monitor("http://127.0.0.1:9", "prometheus")
    task = user.end(sync(user, monitor))
    assert (task["state"], task["reason"]) == ("dead", "children_failed")
    assert task["error"] == "3 of 3 tasks failed, 0 were cancelled"
    # A worker writes the ledger first, then the list of dead letters.
    wait_for(lambda: user.stats()["dead"] == 1, "the sync with its parts to be one dead letter")


def test_a_worker_that_is_killed_in_the_middle_of_a_child(stack: Stack, user: User) -> None:
    worker = stack.start_worker()
    monitor = user.add_monitor(f"{WHOLE}&latency_ms=60000")
    task_id = sync(user, monitor)
    wait_for(lambda: user.task(task_id)["children"], "the first child")
    [child] = user.task(task_id)["children"]
    user.wait(child["task_id"], "running")
    user.change_monitor(monitor, url=WHOLE)
    worker.kill()
    stack.start_worker()
    task = user.end(task_id)
    assert task["result"] == {"children": 3, "succeeded": 3, "failed": 0, "cancelled": 0}
    assert (task["attempts"], states(task)[0]) == (1, ("pull_hosts", "succeeded"))
    lost = user.task(child["task_id"])["history"]
    assert [attempt["reason"] for attempt in lost] == ["worker_lost"]
