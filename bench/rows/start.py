"""The time of a start."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench.environment import KINDS, Environment
from bench.figures import Figure
from tests.cli.instance import Instance
from tests.cli.processes import wait_for

READY_S = 5
FIRST_TASK_S = 3


def measure(environment: Environment) -> Iterator[Figure]:
    """Start `nagare up` in an existing home, until it is ready; and a worker, until its first task is done."""
    folder = environment.new_folder()
    first, *others = [_up(folder) for _ in range(environment.sizes.rounds + 1)]
    yield Figure("nagare up to ready, first start in an empty folder", "s", first)
    yield Figure("nagare up to ready, second start", "s", statistics.median(others), aim_below=READY_S)
    for kind in KINDS:
        seconds = statistics.median(_worker(environment, kind) for _ in range(environment.sizes.rounds))
        yield Figure(f"a worker to the end of its first task, {kind}", "s", seconds, aim_below=FIRST_TASK_S)


def _up(folder: Path) -> float:
    begun_at = time.monotonic()
    instance = Instance(folder)
    try:

        def is_ready() -> bool:
            assert instance.process.poll() is None, instance.printed
            try:
                return httpx.get(f"{instance.url}/readyz", trust_env=False).status_code == 200
            except httpx.TransportError:
                return False

        wait_for(is_ready, "nagare up to be ready", 90)
        return time.monotonic() - begun_at
    finally:
        instance.process.terminate()
        instance.process.wait(timeout=60)


def _worker(environment: Environment, kind: str) -> float:
    with environment.stack(environment.new_database(kind)) as stack:
        task = stack.user.pull(stack.user.add_monitor("simulator://demo?hosts=1&items=1"))
        begun_at = time.monotonic()
        stack.launch_worker()
        stack.user.wait(task, "succeeded")
        return time.monotonic() - begun_at
