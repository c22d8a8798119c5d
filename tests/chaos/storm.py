"""Accidents that strike the processes which carry a load, one after the other."""

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.queue.publisher import message
from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.chaos.page_load import PageLoad
from tests.chaos.task_load import TaskLoad
from tests.cli.processes import descendants

WORKERS = 2
LONGEST_FAULT_S = 4.0
SETTINGS = {"NAGARE_TASK_TIMEOUT_S": "30"}
"""Longer than a message may take: otherwise its own limit never counts."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An accident and the moment when it was over."""

    kind: str
    over_at: datetime


@dataclass
class Storm:
    """Lets accidents strike for `seconds` while somebody asks for tasks; `database_away` stops and starts PostgreSQL.

    With `pages`, alerts page people meanwhile, and accidents strike the receivers of the messages too. The seed decides
    the accidents, their order, their moments and their length, not what they hit.
    """

    stack: Stack
    seed: int
    seconds: float
    tasks: TaskLoad
    pages: PageLoad | None = None
    database_away: Callable[[float], None] | None = None
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self.workers: list[Program] = []

    def rage(self) -> None:
        """Let it happen; afterwards all processes run again, whatever still waits."""
        for _ in range(WORKERS):
            self._start_worker()
        loads = [threading.Thread(target=self.tasks.run, args=(self.seconds,), name="tasks")]
        if self.pages is not None:
            self.pages.prepare()
            loads.append(threading.Thread(target=self.pages.run, args=(self.seconds,), name="pages"))
        for load in loads:
            load.start()
        ends_at = time.monotonic() + self.seconds
        kinds = self._kinds()
        while time.monotonic() < ends_at:
            time.sleep(self._dice.uniform(0.5, 4))
            # Each kind once before any comes twice: a short storm has them all.
            kind, strike = kinds.pop()
            kinds = kinds or self._kinds()
            # There must be one to strike.
            self._replace_lost_workers()
            strike()
            self.faults.append(Fault(kind.replace("_", " "), datetime.now(UTC)))
        self._replace_lost_workers()
        for load in loads:
            load.join()

    def _kinds(self) -> list[tuple[str, Callable[[], None]]]:
        kinds = {
            "child_killed": self._child_killed,
            "worker_killed": self._worker_killed,
            "worker_restarted": self._worker_restarted,
            "child_stopped": self._child_stopped,
            "valkey_killed": self._valkey_killed,
            "valkey_flushed": self._valkey_flushed,
            "valkey_stopped": self._valkey_stopped,
            "connections_reset": self._connections_reset,
            "queue_deleted": self._queue_deleted,
            "messages_doubled": self._messages_doubled,
            "api_process_killed": self._api_process_killed,
            **(
                {"database_locked": self._database_locked}
                if self.database_away is None
                else {"database_stopped": self._database_stopped}
            ),
            **(self.pages.accidents(self._dice) if self.pages is not None else {}),
        }
        shuffled = [*kinds.items()]
        self._dice.shuffle(shuffled)
        return shuffled

    def _start_worker(self) -> None:
        self.workers.append(self.stack.launch_worker(**SETTINGS))

    def _running(self) -> list[Program]:
        return [worker for worker in self.workers if worker.process.poll() is None]

    def _replace_lost_workers(self) -> None:
        for _ in range(WORKERS - len(self._running())):
            self._start_worker()

    def _some_worker(self) -> Program:
        return self._dice.choice(self._running())

    def _some_children(self) -> list[int]:
        children = sorted(self._some_worker().children())
        return self._dice.sample(children, min(len(children), self._dice.randint(1, 2)))

    def _pause(self) -> None:
        time.sleep(self._dice.uniform(0.2, LONGEST_FAULT_S))

    def _child_killed(self) -> None:
        for child in self._some_children():
            _signal(child, signal.SIGKILL)

    def _child_stopped(self) -> None:
        children = self._some_children()
        for child in children:
            _signal(child, signal.SIGSTOP)
        self._pause()
        for child in children:
            _signal(child, signal.SIGCONT)

    def _worker_killed(self) -> None:
        self._some_worker().kill()

    def _worker_restarted(self) -> None:
        worker = self._some_worker()
        self._start_worker()
        worker.stop()

    def _valkey_killed(self) -> None:
        self.stack.kill_valkey()
        self._pause()
        self.stack.start_valkey()

    def _valkey_flushed(self) -> None:
        self.stack.redis.flushall()

    def _valkey_stopped(self) -> None:
        pid = self.stack.valkey_pid()
        _signal(pid, signal.SIGSTOP)
        self._pause()
        _signal(pid, signal.SIGCONT)

    def _connections_reset(self) -> None:
        for _ in range(3):
            self.stack.redis.client_kill_filter(_type="normal", skipme=True)
            time.sleep(1)

    def _queue_deleted(self) -> None:
        self.stack.redis.delete("nagare:queue:pull_hosts")

    def _messages_doubled(self) -> None:
        for task_id in self.tasks.accepted[-20:]:
            type_ = task_id.partition(":")[0]
            self.stack.redis.lpush(f"nagare:queue:{type_}", message(type_, task_id))

    def _api_process_killed(self) -> None:
        _signal(self._dice.choice(sorted(descendants(self.stack.api.pid))), signal.SIGKILL)

    def _database_locked(self) -> None:
        path = self.stack.settings["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as database:
            database.execute("BEGIN IMMEDIATE")
            self._pause()
            database.execute("ROLLBACK")

    def _database_stopped(self) -> None:
        assert self.database_away is not None
        self.database_away(self._dice.uniform(0.2, LONGEST_FAULT_S))


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
