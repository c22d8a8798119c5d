"""Task systems to compare, each with a worker of four slots, a producer, and a count of finished or open tasks."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import text

from app.store.database.engine import Database
from tests.acceptance.programs import ROOT
from tests.acceptance.stack import Stack
from tests.cli.instance import environment
from tests.cli.processes import wait_for

OPEN = text("SELECT count(*) FROM task_runs WHERE state IN ('queued', 'running', 'retrying')")


@dataclass(slots=True)
class Contender:
    """A task system with a running worker. `count_done` or `count_open` shows its progress."""

    name: str
    python: str
    module: str
    stack: Stack
    settings: dict[str, str]
    count_done: Callable[[], int] | None = None
    count_open: Callable[[], int] | None = None
    share: float = 1.0
    """Its share of the tasks, so that a slow system does not make all others wait."""
    _sent: int = 0

    def run(self, count: int) -> tuple[float, float]:
        """Send `count` tasks; return the rates per second of accepted tasks, and of accepted and finished ones."""
        command = (self.python, "-m", self.module, str(count))
        given = environment(self.stack.folder, **{**self.stack.settings, **self.settings})
        done = subprocess.run(command, cwd=ROOT, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr[-500:]}")
        times = json.loads(done.stdout.splitlines()[-1])
        self._sent += count
        wait_for(lambda: self._open() == 0, f"{count} tasks of {self.name} to be done", 600)
        done_s, accepted_s = time.monotonic() - times["begun_at"], times["accepted_at"] - times["begun_at"]
        return count / accepted_s, count / done_s

    def _open(self) -> int:
        if self.count_open is not None:
            return self.count_open()
        assert self.count_done is not None
        return self._sent - self.count_done()


def nagare(stack: Stack, name: str, database: Database) -> Contender:
    """Return nagare on this stack, with its worker started."""
    monitor = stack.user.add_monitor("simulator://demo?hosts=1&items=1")
    stack.user.change_monitor(monitor, max_parallel_tasks=100)
    module = "bench.peers.nagare_noop"
    stack.start(name, sys.executable, "-m", "celery", "-A", module, "worker", "-c", "4")

    def count_open() -> int:
        with database.reading() as connection:
            return int(connection.execute(OPEN).scalar_one())

    return Contender(name, sys.executable, module, stack, {}, count_open=count_open)


def celery(stack: Stack) -> Contender:
    """Return plain Celery."""
    module, redis, settings = _peer(stack, "celery", 1)
    worker = ("-m", "celery", "-A", module, "worker", "-c", "4")
    stack.start("celery", sys.executable, *worker, **settings)

    def count_done() -> int:
        # Results are the only keys of Celery that expire.
        space: dict[str, Any] = redis.info("keyspace")
        return int(space.get("db1", {}).get("expires", 0))

    return Contender("Celery, acks_late, Redis results", sys.executable, module, stack, settings, count_done=count_done)


def dramatiq(stack: Stack, python: Path) -> Contender:
    """Return dramatiq."""
    module, redis, settings = _peer(stack, "dramatiq", 2)
    stack.start("dramatiq", str(python), "-m", "dramatiq", module, "-p", "4", "-t", "1", **settings)

    def count_open() -> int:
        return int(redis.hlen("dramatiq:noop.msgs"))

    return Contender("dramatiq", str(python), module, stack, settings, count_open=count_open)


def huey(stack: Stack, python: Path) -> Contender:
    """Return huey."""
    module, redis, settings = _peer(stack, "huey", 3)
    consumer = ("-m", "huey.bin.huey_consumer", f"{module}.huey", "-w", "4", "-k", "process")
    stack.start("huey", str(python), *consumer, **settings)

    def count_done() -> int:
        return int(redis.hlen("huey.results.noop"))

    return Contender("huey", str(python), module, stack, settings, count_done=count_done)


def rq(stack: Stack, python: Path) -> Contender:
    """Return rq."""
    module, redis, settings = _peer(stack, "rq", 4)
    pool = ("worker-pool", "-q", "-n", "4", "-u", settings["REDIS_URL"], "noop")
    stack.start("rq", str(python.parent / "rq"), *pool, **settings)

    def count_done() -> int:
        return int(redis.zcard("rq:finished:noop"))

    return Contender("rq", str(python), module, stack, settings, count_done=count_done, share=0.1)


def _peer(stack: Stack, name: str, number: int) -> tuple[str, "Redis", dict[str, str]]:
    """Return the peer's module, and a database of its own on the stack's Valkey."""
    url = f"{stack.valkey.connection_url}/{number}"
    return f"bench.peers.{name}_noop", Redis.from_url(url), {"REDIS_URL": url}
