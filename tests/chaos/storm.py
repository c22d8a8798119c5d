"""A load of tasks, and accidents that strike the processes that carry it, one after the other."""

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

import httpx

from app.queue.publisher import message
from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.chaos.page_load import PageLoad
from tests.cli.processes import descendants

WORKERS = 2
LONGEST_FAULT_S = 4.0
CANCELLED = 0.02
"""The share of the accepted tasks that somebody cancels at once."""

SETTINGS = {"NAGARE_TASK_TIMEOUT_S": "3"}
FLEET = "simulator://demo?hosts=6&items=4"
SOURCES = [
    FLEET,
    f"{FLEET}&seed=2&latency_ms=300",
    f"{FLEET}&seed=3&latency_ms=100&fail=0.3",
    f"{FLEET}&seed=4&latency_ms=1000&hang=0.03",
    f"{FLEET}&seed=5&latency_ms=500&crash=0.1",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """An accident and the moment when it was over."""

    kind: str
    over_at: datetime


@dataclass
class Storm:
    """Asks for `tasks` tasks in `seconds` seconds while accidents strike; `database_away` stops and starts PostgreSQL.

    With `pages`, alerts page people meanwhile, and accidents strike the receivers of the messages too. The seed decides
    the accidents, their order, their moments and their length, not what they hit.
    """

    stack: Stack
    seed: int
    tasks: int
    seconds: float
    database_away: Callable[[float], None] | None = None
    pages: PageLoad | None = None
    accepted: list[str] = field(default_factory=list)
    refused: int = 0
    wrong_answers: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self.workers: list[Program] = []
        self.monitors = [self.stack.user.add_monitor(url) for url in SOURCES]

    def rage(self) -> None:
        """Let it happen; afterwards all processes run again, whatever still waits."""
        for _ in range(WORKERS):
            self._start_worker()
        loads = [threading.Thread(target=self._load, name="load")]
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

    def _load(self) -> None:
        dice = random.Random(self.seed)
        user = self.stack.new_user()
        begun_at = time.monotonic()
        for number in range(self.tasks):
            time.sleep(max(0.0, begun_at + self.seconds * number / self.tasks - time.monotonic()))
            monitor = dice.choice(self.monitors)
            paths = [f"/monitors/{monitor}/hosts/pull-async", f"/monitors/{monitor}/items/pull-async"]
            path = dice.choice([*paths, *paths, "/alerts/generate-test"])
            try:
                answer = user.http.post(path)
                if answer.status_code == 503:
                    self.refused += 1
                    continue
                if answer.status_code != 202:
                    self.wrong_answers.append(f"{path}: {answer.status_code} {answer.text}")
                    continue
                self.accepted.append(answer.json()["task_id"])
                if dice.random() < CANCELLED:
                    user.http.post(f"/tasks/{self.accepted[-1]}/cancel")
            except httpx.TransportError:
                # The process that was to answer is gone. If it recorded a task, the ledger's proof includes it.
                self.refused += 1

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
        for task_id in self.accepted[-20:]:
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
