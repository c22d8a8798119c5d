"""A fleet of ten thousand hosts read from a fake of each system, beside a client that asks host by host."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.environment import Environment
from bench.figures import Figure
from bench.programs.fleet_source import SOURCES
from tests.acceptance.programs import ROOT

HOSTS = 10_000
ITEMS_A_HOST = 5
MEMORY_MB = 300
NAIVE = "one host after another"


def measure(environment: Environment) -> Iterator[Figure]:
    """Read hosts and items of fakes with 10,000 hosts as a pull does, beside a naive client, and take the memory."""
    hosts = environment.sizes.of(HOSTS)
    for kind in SOURCES:
        with _serving(kind, hosts) as url:
            naive, ours = _read("naive", kind, url), _read("ours", kind, url)
        if (ours["hosts"], naive["hosts"]) != (hosts, hosts) or ours["items"] < naive["items"]:
            raise RuntimeError(f"{kind}: {ours} and {naive} read different fleets")
        what = f"{kind}, {hosts:,} hosts"
        yield Figure(f"{what}, hosts and items", "s", ours["seconds"], {NAIVE: naive["seconds"]}, aim_ratio=1)
        yield Figure(f"{what}, the process's memory at most", "MB", ours["memory_mb"], aim_below=MEMORY_MB)


@contextmanager
def _serving(kind: str, hosts: int) -> Iterator[str]:
    command = (sys.executable, "-m", "bench.programs.fleet_source", kind, str(hosts), str(ITEMS_A_HOST))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as source:
        assert source.stdin
        assert source.stdout
        try:
            yield source.stdout.readline().strip()
        finally:
            source.stdin.close()


def _read(who: str, kind: str, url: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "bench.programs.fleet_pull", who, kind, url)
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-500:])
    told: dict[str, Any] = json.loads(done.stdout)
    return told
