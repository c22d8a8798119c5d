"""What was accepted survives what happens to the processes, to Redis and to the database."""

import os
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from app.queue.publisher import message
from tests.acceptance.proxy import Proxy
from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, Json, User
from tests.cli.processes import alive, sleeps, wait_for

QUICK = "simulator://demo?hosts=3&items=2"
SLOW = f"{QUICK}&latency_ms=60000"
UNREACHABLE = "http://127.0.0.1:9"
KEY = "nagare:queue:pull_hosts"


def child_of(task: Json) -> int:
    """The process that runs the task."""
    return int(task["worker"].rpartition("/")[2])


def running(user: User, monitor: int) -> Json:
    """Have a task begun that will not end by itself, and make its next attempt a quick one."""
    task = user.wait(user.pull(monitor), "running")
    # It is called running before it has read the monitor: changed too early, this attempt would be the quick one.
    wait_for(lambda: sleeps(child_of(task)), "the monitor's answer to be waited for")
    user.change_monitor(monitor, url=QUICK)
    return task


def assert_succeeded(user: User, task_ids: list[str]) -> None:
    """Wait until all have ended; none failed for good, none is left anywhere."""
    states = Counter(user.end(task_id)["state"] for task_id in task_ids)
    assert states == {"succeeded": len(task_ids)}
    # Without an assertion on the status: for a moment after Redis was away the answer is 503.
    wait_for(lambda: user.http.get("/queue/stats").json() == EMPTY, "all queues to be empty")


@contextmanager
def stopped(pid: int, is_harmless: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Let a process stand still, in a moment in which that is harmless."""
    os.kill(pid, signal.SIGSTOP)
    try:
        while not is_harmless():
            os.kill(pid, signal.SIGCONT)
            wait_for(is_harmless, "a harmless moment")
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def can_change(stack: Stack, task_id: str) -> bool:
    """Tell whether nobody holds a lock on a task: one that stands still would hold up all who want it."""
    engine = create_engine(stack.settings["DATABASE_URL"], poolclass=NullPool)
    is_sqlite = engine.dialect.name == "sqlite"
    try:
        with engine.begin() as connection:
            connection.execute(text("PRAGMA busy_timeout = 500" if is_sqlite else "SET LOCAL lock_timeout = 500"))
            connection.execute(text("UPDATE task_runs SET beat = beat WHERE id = :id"), {"id": task_id})
    except OperationalError:
        return False
    return True


@pytest.fixture
def slow(user: User) -> int:
    """Return the id of a monitor that takes a minute a page."""
    return user.add_monitor(SLOW)


@pytest.fixture
def quick(user: User) -> int:
    return user.add_monitor(QUICK)


def test_a_killed_child(stack: Stack, user: User, slow: int) -> None:
    stack.start_worker()
    task = running(user, slow)
    os.kill(child_of(task), signal.SIGKILL)
    ended = user.end(task["task_id"])
    assert (ended["state"], ended["attempts"]) == ("succeeded", 2)
    assert [attempt["reason"] for attempt in ended["history"]] == ["worker_lost"]


def test_a_task_that_kills_each_child_is_dead_after_its_attempts(stack: Stack, user: User) -> None:
    stack.start_worker()
    task = user.end(user.pull(user.add_monitor(f"{QUICK}&crash=1")))
    assert (task["state"], task["attempts"], task["reason"]) == ("dead", 4, "worker_lost")
    assert [attempt["reason"] for attempt in task["history"]] == ["worker_lost"] * 4
    assert len({attempt["worker"] for attempt in task["history"]}) == 4


def test_a_killed_worker_with_running_waiting_and_retrying_tasks(stack: Stack, user: User, quick: int) -> None:
    worker = stack.start_worker(NAGARE_RETRY_BASE_S="5")
    failing = user.add_monitor(f"{QUICK}&fail=1")
    retrying = user.wait(user.pull(failing), "retrying")["task_id"]
    slow = [user.add_monitor(SLOW) for _ in range(4)]
    begun = [user.wait(user.pull(monitor), "running")["task_id"] for monitor in slow]
    waiting = [user.pull(quick) for _ in range(10)]
    worker.kill()
    for monitor in (*slow, failing):
        user.change_monitor(monitor, url=QUICK)

    stack.start_worker()
    assert_succeeded(user, [retrying, *begun, *waiting])
    lost = [[attempt["reason"] for attempt in user.task(task_id)["history"]] for task_id in begun]
    assert lost == [["worker_lost"]] * 4


def test_a_child_that_stood_still_does_not_come_back_to_a_task_that_was_taken_from_it(
    stack: Stack, user: User, slow: int
) -> None:
    stack.start_worker()
    task = running(user, slow)
    with stopped(child_of(task), lambda: can_change(stack, task["task_id"])):
        ended = user.end(task["task_id"])
        assert (ended["state"], [each["reason"] for each in ended["history"]]) == ("succeeded", ["worker_lost"])
    wait_for(lambda: not alive([child_of(task)]), "the end of the child that was late")
    assert user.task(task["task_id"]) == ended


def test_a_flush_of_redis_with_five_hundred_waiting_tasks(stack: Stack, user: User, quick: int) -> None:
    dead = user.add_monitor(UNREACHABLE, "prometheus")
    task_ids = [user.pull(quick) for _ in range(500)]
    stack.start_worker(NAGARE_RETRY_BASE_S="0.01")
    letter = user.end(user.pull(dead))
    stack.redis.flushall()
    for task_id in task_ids:
        assert user.end(task_id)["state"] == "succeeded"
    wait_for(lambda: user.stats() == {**EMPTY, "dead": 1}, "the list of dead letters to be rebuilt")
    assert letter["task_id"] in str(stack.redis.lindex("nagare:queue:dead", 0))


def test_a_killed_valkey_that_comes_back_empty(stack: Stack, user: User, quick: int, slow: int) -> None:
    stack.start_worker()
    begun = user.wait(user.pull(slow), "running")["task_id"]
    waiting = [user.pull(quick) for _ in range(50)]
    stack.kill_valkey()
    accepted = [user.pull(quick) for _ in range(5)]
    user.change_monitor(slow, url=QUICK)
    user.cancel(begun)
    stack.start_valkey()
    assert_succeeded(user, [*waiting, *accepted])
    assert user.task(begun)["state"] == "cancelled"


def test_redis_away_while_tasks_are_accepted(stack: Stack, user: User, quick: int) -> None:
    stack.start_worker()
    stack.kill_valkey()
    task_ids = [user.pull(quick) for _ in range(5)]
    readiness = user.readiness()
    assert (readiness.status_code, "broker" in readiness.json()["errors"]) == (503, True)
    stats = user.call("GET", "/queue/stats", 503).json()
    assert (stats["code"], stats["known"]) == ("broker_unavailable", {**EMPTY, "pull_hosts": 5})
    assert [len(stack.api.events("publish.later", task_id)) for task_id in task_ids] == [1] * 5
    stack.start_valkey()
    assert_succeeded(user, task_ids)
    wait_for(lambda: user.readiness().status_code == 200, "nagare to be ready")


def test_a_locked_database(stack: Stack, user: User, quick: int) -> None:
    worker = stack.start_worker()
    before = user.all("/tasks")
    with closing(sqlite3.connect(stack.folder / "nagare.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        refusal = user.call("POST", f"/monitors/{quick}/hosts/pull-async", 503)
        assert int(refusal.headers["Retry-After"]) >= 1
        assert user.all("/tasks") == before
        database.execute("ROLLBACK")
    assert_succeeded(user, [user.pull(quick)])
    assert worker.process.poll() is None


@pytest.mark.parametrize("was_begun", [True, False])
def test_a_database_that_is_locked_while_a_task_runs(
    stack: Stack, user: User, slow: int, quick: int, was_begun: bool
) -> None:
    stack.start_worker()
    task_id = running(user, slow)["task_id"] if was_begun else user.pull(quick)
    with closing(sqlite3.connect(stack.folder / "nagare.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        time.sleep(4)
        database.execute("ROLLBACK")
    if was_begun:
        assert user.task(task_id)["state"] != "succeeded"
    assert_succeeded(user, [task_id])


def test_a_task_past_its_time_limit(stack: Stack, user: User, slow: int) -> None:
    stack.start_worker(NAGARE_TASK_TIMEOUT_S="1")
    task = user.end(user.pull(slow))
    assert (task["state"], task["attempts"], task["reason"]) == ("dead", 4, "timeout")


def test_a_task_that_ignores_its_time_limit(stack: Stack, user: User, slow: int) -> None:
    stack.start_worker(NAGARE_TASK_TIMEOUT_S="1", NAGARE_LEASE_S="60")
    task = running(user, slow)
    os.kill(child_of(task), signal.SIGSTOP)
    ended = user.end(task["task_id"])
    assert (ended["state"], [attempt["reason"] for attempt in ended["history"]]) == ("succeeded", ["timeout"])
    assert "ignored its time limit" in ended["history"][0]["error"]


def test_a_child_that_is_killed_for_its_memory(stack: Stack, user: User, quick: int) -> None:
    """The kernel ends the greediest process with SIGKILL: here all children at once, busy or not."""
    worker = stack.start_worker()
    task_ids = [user.pull(user.add_monitor(SLOW)) for _ in range(3)]
    for task_id in task_ids:
        user.wait(task_id, "running")
    for monitor in user.all("/monitors"):
        user.change_monitor(monitor["id"], url=QUICK)
    for child in worker.children():
        os.kill(child, signal.SIGKILL)
    assert_succeeded(user, [*task_ids, user.pull(quick)])


def test_a_warm_shutdown_hands_the_running_task_back(stack: Stack, user: User, slow: int) -> None:
    worker = stack.start_worker()
    task_id = running(user, slow)["task_id"]
    assert worker.stop() == 0
    task = user.task(task_id)
    assert (task["state"], task["attempts"], task["history"]) == ("queued", 0, [])
    stack.start_worker()
    ended = user.end(task_id)
    assert (ended["state"], ended["attempts"]) == ("succeeded", 1)


def test_a_rolling_restart_under_load(stack: Stack, user: User) -> None:
    monitors = [user.add_monitor(f"{QUICK}&latency_ms=200") for _ in range(4)]
    workers = [stack.start_worker() for _ in range(2)]
    task_ids = [user.pull(monitor) for _ in range(15) for monitor in monitors]
    for worker in workers:
        assert worker.stop() == 0
        workers.append(stack.start_worker())
        task_ids += [user.pull(monitor) for monitor in monitors]
        if len(workers) == 4:
            break
    assert_succeeded(user, task_ids)
    ended = [user.task(task_id) for task_id in task_ids]
    assert {(task["attempts"], len(task["history"])) for task in ended} == {(1, 0)}

    def done() -> Counter[str]:
        return Counter(event["task_id"] for worker in workers for event in worker.events("task.succeeded"))

    # A worker records an outcome first, then logs it.
    wait_for(lambda: {*done()} == {*task_ids}, "every success to be logged")
    assert done() == dict.fromkeys(task_ids, 1)


def test_a_message_that_is_delivered_to_two_workers_at_once(stack: Stack, user: User, slow: int) -> None:
    workers = [stack.start_worker() for _ in range(2)]
    task_id = user.pull(slow)
    for _ in range(20):
        stack.redis.lpush(KEY, message("pull_hosts", task_id))
    user.wait(task_id, "running")
    wait_for(lambda: user.stats() == EMPTY, "all copies to be taken")
    wait_for(lambda: sum(len(each.events("task.not_waiting", task_id)) for each in workers) == 20, "their refusal")
    assert sum(len(each.events("task.started", task_id)) for each in workers) == 1
    user.cancel(task_id)


def test_of_two_recoveries_one_acts(stack: Stack, user: User) -> None:
    workers = [stack.start_worker(NAGARE_RETRY_BASE_S="3") for _ in range(2)]
    monitor = user.add_monitor(f"{QUICK}&fail=1")
    user.change_monitor(monitor, max_parallel_tasks=100)
    task_ids = [user.pull(monitor) for _ in range(30)]
    user.wait_all(30, "retrying")
    user.change_monitor(monitor, url=QUICK)
    assert_succeeded(user, task_ids)
    assert [len(worker.events("task.not_waiting")) for worker in workers] == [0, 0]


def test_recoveries_that_are_killed_half_way(stack: Stack, user: User, quick: int) -> None:
    task_ids = [user.pull(quick) for _ in range(200)]
    stack.redis.flushall()
    killed = []
    for seconds in (0.0, 0.3, 0.6, 1.2, 2.4):
        worker = stack.start_worker()
        time.sleep(seconds)
        worker.kill()
        killed.append(worker)
    last = stack.start_worker()
    assert_succeeded(user, task_ids)
    done = Counter(event["task_id"] for worker in (*killed, last) for event in worker.events("task.succeeded"))
    assert max(done.values()) == 1


def test_all_connections_to_redis_reset_three_times(stack: Stack, user: User, quick: int) -> None:
    stack.start_worker()
    task_ids = [user.pull(quick)]
    for _ in range(3):
        time.sleep(1.5)
        stack.redis.client_kill_filter(_type="normal", skipme=True)
        task_ids.append(user.pull(quick))
    assert_succeeded(user, task_ids)


def test_connections_to_redis_that_swallow_everything(stack: Stack, user: User, quick: int) -> None:
    with Proxy(stack.valkey.port) as proxy:
        stack.start_worker(REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0")
        assert_succeeded(user, [user.pull(quick)])
        proxy.swallow()
        # What a swallowed connection still takes from the list is lost on the way, and published again later.
        assert {user.end(user.pull(quick), timeout_s=90)["state"] for _ in range(3)} == {"succeeded"}


def test_a_redis_that_stands_still(stack: Stack, user: User, quick: int) -> None:
    stack.start_worker()
    with stopped(stack.valkey_pid()):
        task_ids = [user.pull(quick) for _ in range(3)]
        assert user.readiness().status_code == 503
        time.sleep(5)
    assert_succeeded(user, task_ids)


def test_a_redis_whose_memory_is_full(stack: Stack, user: User, quick: int) -> None:
    worker = stack.start_worker()
    stack.redis.config_set("maxmemory", 1)
    try:
        task_ids = [user.pull(quick) for _ in range(3)]
        wait_for(lambda: re.search("OOM command|OutOfMemoryError", worker.printed), "the worker to notice")
    finally:
        stack.redis.config_set("maxmemory", 0)
    assert_succeeded(user, task_ids)
    assert worker.process.poll() is None


def test_a_task_that_was_cancelled_while_it_waited_never_starts(stack: Stack, user: User, quick: int) -> None:
    waiting, other = user.pull(quick), user.pull(quick)
    copy = message("pull_hosts", waiting)
    user.cancel(waiting)
    assert stack.lengths()["pull_hosts"] == 1
    stack.redis.lpush(KEY, copy)
    worker = stack.start_worker()
    assert_succeeded(user, [other])
    assert user.task(waiting)["state"] == "cancelled"
    assert worker.events("task.started", waiting) == []


def test_a_task_that_was_cancelled_while_it_ran_stops(stack: Stack, user: User, slow: int, quick: int) -> None:
    worker = stack.start_worker()
    task = user.wait(user.pull(slow), "running")
    user.cancel(task["task_id"])
    wait_for(lambda: worker.events("task.interrupted", task["task_id"]), "the task to be stopped")
    assert user.call("POST", f"/tasks/{task['task_id']}/cancel", 409).json()["detail"]
    assert_succeeded(user, [user.pull(quick)])
    assert user.task(task["task_id"])["state"] == "cancelled"


def test_a_retry_that_was_cancelled_does_not_come_back(stack: Stack, user: User) -> None:
    worker = stack.start_worker(NAGARE_RETRY_BASE_S="2")
    task_id = user.pull(user.add_monitor(UNREACHABLE, "prometheus"))
    user.wait(task_id, "retrying")
    user.cancel(task_id)
    time.sleep(4)
    assert user.task(task_id)["state"] == "cancelled"
    assert len(worker.events("task.started", task_id)) == 1


def test_a_paused_type_waits_also_after_a_restart_of_everything(stack: Stack, user: User, quick: int) -> None:
    worker = stack.start_worker()
    user.post("/queue/pull_hosts/pause")
    wait_for(lambda: "Canceling queue nagare:queue:pull_hosts" in worker.printed, "the worker to know of the pause")
    task_id = user.pull(quick)
    other = user.pull(quick, "items")
    assert user.end(other)["state"] == "succeeded"
    worker.kill()
    stack.kill_valkey()
    stack.start_valkey()
    stack.start_worker()
    assert user.end(user.pull(quick, "items"))["state"] == "succeeded"
    assert user.task(task_id)["state"] == "queued"
    user.post("/queue/pull_hosts/resume")
    assert_succeeded(user, [task_id])


def test_one_slow_monitor_does_not_take_all_slots(stack: Stack, user: User, slow: int, quick: int) -> None:
    user.change_monitor(slow, max_parallel_tasks=2)
    task_ids = [user.pull(slow) for _ in range(6)]
    stack.start_worker()
    user.wait_all(2, "running")
    assert {user.end(user.pull(quick))["state"] for _ in range(4)} == {"succeeded"}
    assert len(user.all("/tasks", state="running")) == 2
    user.change_monitor(slow, url=QUICK)
    for task in user.all("/tasks", state="running"):
        user.cancel(task["task_id"])
    assert Counter(user.end(task_id)["state"] for task_id in task_ids) == {"cancelled": 2, "succeeded": 4}
