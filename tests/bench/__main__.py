"""`python -m tests.bench`: what a task costs with the ledger, beside the same work on plain Celery, in one run."""

import argparse
import os
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.composition import Services, build
from app.services.requester import Requester
from app.settings import load_settings
from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.cli.processes import wait_for

PLAIN_WORKER = (sys.executable, "-m", "celery", "-A", "tests.bench.plain", "worker", "-c", "4", "--loglevel", "WARNING")


def main() -> None:
    """Measure both by turns and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nagare-bench-") as folder:
        stack = Stack(Path(folder))
        services = build(load_settings(stack.settings))
        try:
            monitor = stack.user.add_monitor("simulator://demo?hosts=1&items=1")
            stack.user.change_monitor(monitor, max_parallel_tasks=100)
            worker = stack.start_worker()
            plain_worker = stack.start("plain", *PLAIN_WORKER)
            measured: dict[str, list[tuple[float, float]]] = {"nagare": [], "plain Celery": []}
            for _ in range(arguments.rounds):
                measured["nagare"].append(_nagare(stack, services, worker, monitor, arguments.tasks))
                measured["plain Celery"].append(_plain(stack, plain_worker, monitor, arguments.tasks))
        finally:
            services.close()
            stack.close()
    _tell(measured, arguments.tasks)


@contextmanager
def held(worker: Program, database_url: str) -> Iterator[None]:
    """Let the worker stand still, so that accepting and doing do not compete for the processor."""
    os.kill(worker.pid, signal.SIGSTOP)
    while _is_locked(database_url.removeprefix("sqlite:///")):
        os.kill(worker.pid, signal.SIGCONT)
        time.sleep(0.01)
        os.kill(worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker.pid, signal.SIGCONT)


def _is_locked(path: str) -> bool:
    """Tell whether the worker was stopped in the middle of a transaction."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def _nagare(stack: Stack, services: Services, worker: Program, monitor: int, count: int) -> tuple[float, float]:
    """Return the seconds until all were accepted, and from then on, with the worker let go, until all were done."""
    by = Requester(services.users.get_by_name("admin")["id"])
    with held(worker, stack.settings["DATABASE_URL"]):
        begun_at = time.perf_counter()
        for _ in range(count):
            services.submit.pull_hosts(by, monitor)
        accepted_s = time.perf_counter() - begun_at
    begun_at = time.perf_counter()

    def is_done() -> bool:
        with services.database.reading() as connection:
            open_states = "('queued', 'running', 'retrying')"
            statement = f"SELECT count(*) FROM task_runs WHERE state IN {open_states}"
            return bool(connection.exec_driver_sql(statement).scalar_one() == 0)

    wait_for(is_done, f"{count} tasks to be done", 600)
    return accepted_s, time.perf_counter() - begun_at


def _plain(stack: Stack, worker: Program, monitor: int, count: int) -> tuple[float, float]:
    os.environ["REDIS_URL"] = stack.settings["REDIS_URL"]
    from tests.bench.plain import pull_hosts

    with held(worker, stack.settings["DATABASE_URL"]):
        begun_at = time.perf_counter()
        results = [pull_hosts.delay(monitor) for _ in range(count)]
        accepted_s = time.perf_counter() - begun_at
    begun_at = time.perf_counter()
    keys = [f"celery-task-meta-{result.id}" for result in results]
    wait_for(lambda: stack.redis.exists(*keys) == count, f"{count} tasks to be done", 600)
    return accepted_s, time.perf_counter() - begun_at


def _tell(measured: dict[str, list[tuple[float, float]]], count: int) -> None:
    medians = {
        name: [statistics.median(part) * 1000 / count for part in zip(*rounds, strict=True)]
        for name, rounds in measured.items()
    }
    print(f"{'ms a task, median':<24}{'to accept':>12}{'to do all':>12}")
    for name, values in medians.items():
        print(f"{name:<24}{values[0]:>12.2f}{values[1]:>12.2f}")
    ratios = [mine / theirs for mine, theirs in zip(*medians.values(), strict=True)]
    print(f"{'nagare / plain Celery':<24}{ratios[0]:>12.2f}{ratios[1]:>12.2f}")


if __name__ == "__main__":
    main()
