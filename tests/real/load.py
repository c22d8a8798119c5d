"""A load that must not notice what happens to the servers behind nagare."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, TERMINAL_STATES, User
from tests.cli.processes import wait_for

QUICK = "simulator://demo?hosts=3&items=2&latency_ms=20"
FAILOVER_S = 30
"""Within which all goes on after a server was killed."""


def working_stack(folder: Path, database_url: str = "", **settings: str) -> Iterator[Stack]:
    """Yield nagare with two workers, and print at the end what its programs said."""
    stack = Stack(folder, database_url, **settings)
    try:
        for _ in range(2):
            stack.start_worker()
        yield stack
    finally:
        for program in stack.programs:
            print(f"\n{program.log}\n{program.printed[-6000:]}")
        stack.close()


class Load(threading.Thread):
    """Asks for pulls, one after the other, until it is ended; each must be accepted at once."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self._user = user
        self._monitors = [user.add_monitor(QUICK) for _ in range(8)]
        self._is_over = threading.Event()
        self.task_ids: list[str] = []
        self.refused: list[str] = []

    def run(self) -> None:
        while not self._is_over.wait(0.05):
            monitor = self._monitors[len(self.task_ids) % len(self._monitors)]
            try:
                answer = self._user.http.post(f"/monitors/{monitor}/hosts/pull-async")
            except httpx.TransportError as error:
                self.refused.append(repr(error))
                continue
            if answer.status_code == 202:
                self.task_ids.append(answer.json()["task_id"])
            else:
                self.refused.append(f"{answer.status_code} {answer.text}")

    def end(self) -> None:
        self._is_over.set()
        self.join()


@contextmanager
def load(stack: Stack) -> Iterator[Load]:
    """Ask for tasks meanwhile; afterwards each that was accepted has run, once, and no request was refused."""
    load = Load(stack.new_user())
    load.start()
    try:
        wait_for(lambda: len(load.task_ids) > 20, "some tasks to be accepted")
        yield load
        seen = len(load.task_ids)
        wait_for(lambda: len(load.task_ids) > seen + 20, "more tasks to be accepted")
    finally:
        load.end()
    assert load.refused == []
    user = stack.user
    wait_for(lambda: is_all_over(user), "all tasks to have ended", timeout_s=60)
    tasks = {task["task_id"]: task for task in user.all("/tasks")}
    runs = Counter((tasks[id]["state"], tasks[id]["attempts"], tasks[id]["error"]) for id in load.task_ids)
    assert runs == {("succeeded", 1, None): len(load.task_ids)}
    wait_for(lambda: user.http.get("/queue/stats").json() == EMPTY, "all queues to be empty")


def is_all_over(user: User) -> bool:
    return all(task["state"] in TERMINAL_STATES for task in user.all("/tasks"))


def wait_until_tasks_are_done(stack: Stack) -> None:
    """A task that is asked for now ends within the time that a failover may take."""
    monitor = stack.user.add_monitor(QUICK)
    assert stack.user.end(stack.user.pull(monitor), timeout_s=FAILOVER_S)["state"] == "succeeded"
