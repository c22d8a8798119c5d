"""Accepted pulls per second over HTTP, and their latency at half of that rate."""

import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from bench import load
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.load import Loaded, Target
from tests.acceptance.stack import Stack
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

CLIENTS = (8, 64)
BARE = "bare Flask view, send_task"
AT_HALF_MS = 50


def measure(environment: Environment) -> Iterator[Figure]:
    """Send requests alternately to nagare and to a bare view that calls `send_task` under gunicorn's own threads."""
    with ExitStack() as exits:
        stacks = {kind: exits.enter_context(environment.stack(environment.new_database(kind))) for kind in KINDS}
        targets = {kind: _nagare(stack) for kind, stack in stacks.items()}
        targets[BARE] = _bare(next(iter(stacks.values())))
        for target in targets.values():
            load.run(target, max(CLIENTS), requests=300)
        for clients in CLIENTS:
            rounds: dict[str, list[Loaded]] = {name: [] for name in targets}
            for _ in range(environment.sizes.rounds):
                for name, target in targets.items():
                    rounds[name].append(load.run(target, clients, seconds=environment.sizes.seconds))
            rates = {name: statistics.median(each.rate for each in those) for name, those in rounds.items()}
            p99 = {
                name: statistics.median(each.percentile_ms(0.99) for each in those) for name, those in rounds.items()
            }
            for kind in KINDS:
                what = f"{kind}, {clients} clients"
                yield Figure(f"{what}, accepted", "/s", rates[kind], {BARE: rates[BARE]}, aim_ratio=1)
                yield Figure(f"{what}, p99 at full load", "ms", p99[kind], {BARE: p99[BARE]})
                paced = load.run(targets[kind], clients, seconds=2 * environment.sizes.seconds, rate=rates[kind] / 2)
                what = f"{what}, p99 at half the peak"
                yield Figure(what, "ms", paced.percentile_ms(0.99), aim_below=AT_HALF_MS)


def _nagare(stack: Stack) -> Target:
    monitor = stack.user.add_monitor("simulator://demo?hosts=1&items=1")
    url = f"http://127.0.0.1:{stack.port}/api/v1/monitors/{monitor}/hosts/pull-async"
    return Target(url, "POST", stack.token, status=202)


def _bare(stack: Stack) -> Target:
    """Start the bare view as users run one, beside an idle API."""
    port = free_port()
    gunicorn = ("-m", "gunicorn", "-c", "bench/peers/gunicorn_threads.py")
    command = (sys.executable, *gunicorn, "bench.peers.bare_view:application")
    program = stack.start("bare", *command, NAGARE_PORT=str(port))
    target = Target(f"http://127.0.0.1:{port}/monitors/1/hosts/pull-async", "POST", status=202)

    def answers() -> bool:
        assert program.process.poll() is None, program.printed
        try:
            return load.run(target, 1, requests=1).rate > 0
        except OSError:
            return False

    wait_for(answers, "the bare view to answer")
    return target
