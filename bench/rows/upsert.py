"""A fleet's items pulled three times: new, unchanged, all changed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from bench import bulk, fleet
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.fleet import FleetSize
from tests.acceptance.programs import ROOT

ITEMS_A_HOST = 100
VALUES_HOURS = 24
MEMORY_MB = 300
PULLS = {"first pull": 0, "unchanged": 0, "all changed": 1}
BULK = {"SQLite": "executemany in one transaction", "PostgreSQL": "COPY"}


def measure(environment: Environment) -> Iterator[Figure]:
    """Pull a big fleet as a worker does, with the default history of values, beside the bulk load of items."""
    hosts = environment.sizes.of(environment.sizes.items // ITEMS_A_HOST)
    size = FleetSize(hosts, hosts * ITEMS_A_HOST, 0, 0)
    only_hosts = FleetSize(hosts, 0, 0, 0)
    for kind in KINDS:
        url, bulk_url = environment.new_database(kind), environment.new_database(kind)
        for each in (url, bulk_url):
            fleet.fill(each, only_hosts)
        theirs = {BULK[kind]: size.items / bulk.load(bulk_url, size)}
        pulls = {name: _pull(url, VALUES_HOURS, generation) for name, generation in PULLS.items()}
        rates = {name: size.items / pull["seconds"] for name, pull in pulls.items()}
        yield Figure(f"{kind}, {size.items:,}, first pull", "items/s", rates["first pull"], theirs, aim_ratio=0.5)
        yield Figure(f"{kind}, all changed", "items/s", rates["all changed"], theirs, aim_ratio=0.5)
        changed = {"all changed": rates["all changed"], **theirs}
        yield Figure(f"{kind}, unchanged", "items/s", rates["unchanged"], changed, aim_ratio=3)
        memory = max(pull["memory_mb"] for pull in pulls.values())
        yield Figure(f"{kind}, the process's memory at most", "MB", memory, aim_below=MEMORY_MB)


def _pull(url: str, values_hours: int, generation: int) -> dict[str, Any]:
    options: dict[str, object] = {"items-a-host": ITEMS_A_HOST, "generation": generation, "values-hours": values_hours}
    # The same time in all pulls: an item with a new time has changed.
    options |= {"began-at": fleet.NOW.isoformat()}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = (sys.executable, "-m", "bench.programs.pull", url, *words)
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-500:])
    pulled: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return pulled
