"""The idle product's use of memory and processor."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.environment import Environment
from bench.figures import Figure
from tests.cli.instance import Instance
from tests.cli.processes import wait_for

SETTLED_S = 10
WATCHED_S = 20
CPU_PERCENT = 1
MEMORY_MB = 400


def measure(environment: Environment) -> Iterator[Figure]:
    """Leave `nagare up` with its demo fleet idle, and add up all of its processes."""
    instance = Instance(environment.new_folder())
    try:
        instance.wait_until_ready()
        assert instance.password is not None
        with instance.client(instance.password) as client:
            wait_for(lambda: len(client.get("/items").json()["items"]) > 0, "the demo fleet to be pulled")
        time.sleep(SETTLED_S)
        family = {instance.process.pid, *instance.family()}
        before_s, begun_at = _processor_s(family), time.monotonic()
        time.sleep(WATCHED_S)
        percent = 100 * (_processor_s(family) - before_s) / (time.monotonic() - begun_at)
        yield Figure(f"processor, over {WATCHED_S} s, of one processor", "%", percent, aim_below=CPU_PERCENT)
        shares = sum(_memory_mb(pid, "Pss") for pid in family)
        yield Figure(f"memory of {len(family)} processes, shared pages once", "MB", shares, aim_below=MEMORY_MB)
        resident = sum(_memory_mb(pid, "Rss") for pid in family)
        yield Figure(f"memory of {len(family)} processes, resident sizes added", "MB", resident)
    finally:
        instance.kill()


def _processor_s(pids: set[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int, kind: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) / 1024
