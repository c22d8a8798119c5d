"""A worker is told by its options what it takes, how much at once and where it logs, and keeps to that."""

import pickle
import shelve
import zlib
from datetime import datetime, timedelta
from pathlib import Path

from celery.utils.collections import LimitedSet

from tests.acceptance.programs import Program
from tests.acceptance.stack import CELERY, Stack
from tests.acceptance.test_accidents import QUICK, SLOW
from tests.acceptance.user import User
from tests.cli.processes import wait_for


def wait_for_turns(user: User, worker: Program, seconds: int) -> None:
    """Wait until the worker has been alive for so long from now on."""

    def seen_at() -> datetime:
        return datetime.fromisoformat(user.worker(worker.name)["seen_at"])

    until = seen_at() + timedelta(seconds=seconds)
    wait_for(lambda: seen_at() >= until, f"{seconds} s of the worker's life")


def metrics(user: User) -> str:
    return user.http.get(user.http.base_url.join("/metrics")).text


def test_a_worker_takes_only_what_it_was_told_to_and_is_not_called_stalled(stack: Stack, user: User) -> None:
    worker = stack.start_worker("-Q", "pull_hosts,nagare:queue:pull_host")
    monitor = user.add_monitor(QUICK)
    others = [user.pull(monitor, "items") for _ in range(3)]
    wait_for_turns(user, worker, 8)
    assert worker.events("worker.stalled") == []
    assert user.readiness().status_code == 200
    assert user.end(user.pull(monitor))["state"] == "succeeded"
    assert {user.task(task_id)["state"] for task_id in others} == {"queued"}
    assert user.worker(worker.name)["queues"] == ["pull_hosts", "pull_host"]


def test_a_pause_gives_back_only_what_it_took(stack: Stack, user: User) -> None:
    worker = stack.start_worker("-X", "pull_items")
    all_but_items = user.worker(worker.name)["queues"]
    assert "pull_hosts" in all_but_items
    for type_ in ("pull_hosts", "pull_items"):
        user.post(f"/queue/{type_}/pause")
    paused = [type_ for type_ in all_but_items if type_ != "pull_hosts"]
    wait_for(lambda: user.worker(worker.name)["queues"] == paused, "the pause to be followed")
    waiting = [user.pull(user.add_monitor(QUICK), what) for what in ("hosts", "items")]
    # What a pause took is not forgotten when the worker connects anew.
    for client in stack.redis.client_list():
        stack.redis.client_kill_filter(_id=client["id"], skipme=True)
    wait_for_turns(user, worker, 3)
    assert user.worker(worker.name)["queues"] == paused
    for type_ in ("pull_hosts", "pull_items"):
        user.post(f"/queue/{type_}/resume")
    assert user.end(waiting[0])["state"] == "succeeded"
    wait_for_turns(user, worker, 2)
    assert user.worker(worker.name)["queues"] == all_but_items
    assert user.task(waiting[1])["state"] == "queued"
    assert worker.events("worker.stalled") == []


def test_a_worker_that_grows_and_shrinks_does_its_tasks(stack: Stack, user: User) -> None:
    worker = stack.start_worker("--autoscale", "3,0")
    assert user.worker(worker.name)["concurrency"] == 0
    slow = [user.wait(user.pull(user.add_monitor(SLOW)), "running")["task_id"] for _ in range(2)]
    assert user.end(user.pull(user.add_monitor(QUICK)))["state"] == "succeeded"
    wait_for(lambda: user.worker(worker.name)["concurrency"] == 3, "the worker to grow")
    for task_id in slow:
        user.cancel(task_id)
    assert worker.events("worker.stalled") == []


def test_what_a_file_calls_revoked_is_run(stack: Stack, user: User) -> None:
    task_id = user.pull(user.add_monitor(QUICK))
    revoked = LimitedSet(maxlen=10)
    revoked.add(task_id)
    with shelve.open(str(stack.folder / "state"), protocol=2) as file:
        file["zrevoked"] = zlib.compress(pickle.dumps(revoked))
    worker = stack.start_worker("--statedb", str(stack.folder / "state"))
    assert user.end(task_id)["state"] == "succeeded"
    assert "Discarding revoked task" not in worker.printed


def test_a_worker_that_fetches_more_or_less_does_its_tasks(stack: Stack, user: User) -> None:
    quick, slow = user.add_monitor(QUICK), user.add_monitor(SLOW, max_parallel_tasks=8)
    for options in (("--prefetch-multiplier", "5"), ("--disable-prefetch",)):
        worker = stack.start_worker(*options)
        busy = [user.wait(user.pull(slow), "running")["task_id"] for _ in range(4)]
        waiting = [user.pull(quick) for _ in range(12)]
        wait_for_turns(user, worker, 7)
        assert worker.events("worker.stalled") == []
        for task_id in busy:
            user.cancel(task_id)
        assert {user.end(task_id)["state"] for task_id in waiting} == {"succeeded"}
        stack.kill_workers()


def test_two_workers_of_one_name_are_told_apart_and_warned_of(stack: Stack, user: User) -> None:
    one = stack.start_worker()
    other = stack.start("namesake", *CELERY, "worker", "-c", "4", "-n", f"{one.name}@test")

    def alive() -> list[tuple[bool, int]]:
        return [(each["is_name_shared"], each["pid"]) for each in user.get("/workers")["items"]]

    both = [(True, pid) for pid in sorted([one.pid, other.pid])]
    wait_for(lambda: sorted(alive()) == both, "the two to notice each other")
    for worker, namesake in ((one, other), (other, one)):
        [warning] = worker.events("worker.name_taken")
        assert (warning["worker"], warning["other_pid"]) == (f"{one.name}@test", namesake.pid)
    monitor = user.add_monitor(SLOW, max_parallel_tasks=8)
    for _ in range(8):
        user.wait(user.pull(monitor), "running")
    assert [len(each["tasks"]) for each in user.get("/workers")["items"]] == [4, 4]
    assert f'nagare_worker_slots{{worker="{one.name}@test"}} 8.0' in metrics(user)
    other.stop()
    stack.programs.remove(other)
    wait_for(lambda: alive() == [(False, one.pid)], "the name to be free again")


def test_a_worker_that_replaces_a_killed_one_of_its_name_is_not_warned_of(stack: Stack, user: User) -> None:
    one = stack.start_worker()
    one.kill()
    stack.programs.remove(one)
    again = stack.start(one.name, *CELERY, "worker", "-c", "1", "-n", f"{one.name}@test")
    wait_for(lambda: [each["pid"] for each in user.get("/workers")["items"]] == [again.pid], "only one to be alive")
    assert again.events("worker.name_taken") == []


def test_a_log_file_has_all_lines_of_the_asked_level_also_when_it_was_rotated(stack: Stack, user: User) -> None:
    given = stack.folder / "given-%n.log"
    worker = stack.start_worker("--logfile", str(given))
    log = Path(str(given).replace("%n", worker.name))
    ended = [user.end(user.pull(user.add_monitor(QUICK)))["task_id"]]
    wait_for(lambda: f'"task_id": "{ended[0]}"' in log.read_text(), "the task's lines")
    log.rename(log.with_suffix(".1"))
    ended.append(user.end(user.pull(user.add_monitor(QUICK)))["task_id"])
    wait_for(lambda: log.exists() and f'"task_id": "{ended[1]}"' in log.read_text(), "lines in the new file")
    assert ended[1] not in log.with_suffix(".1").read_text()
    assert "task.started" not in worker.printed
    assert [file.stat().st_mode & 0o027 for file in (log, log.with_suffix(".1"))] == [0, 0]


def test_a_log_level_that_is_given_counts(stack: Stack, user: User) -> None:
    quiet = stack.start_worker("--loglevel", "error")
    assert user.end(user.pull(user.add_monitor(QUICK)))["state"] == "succeeded"
    assert "task.started" not in quiet.printed
    quiet.kill()
    stack.programs.remove(quiet)
    wordy = stack.start_worker("-l", "debug")
    assert user.end(user.pull(user.add_monitor(QUICK)))["state"] == "succeeded"
    wait_for(lambda: '"level": "debug"' in wordy.printed, "lines at level DEBUG")
