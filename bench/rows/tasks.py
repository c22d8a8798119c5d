"""Tasks that do nothing, from the first one accepted to the last one done."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, closing

from app.store.database.engine import Database
from bench import contenders
from bench.contenders import Contender
from bench.environment import KINDS, Environment
from bench.figures import Figure

TASKS = 3000
WARM_UP = 40

Rates = tuple[float, float]


def measure(environment: Environment) -> Iterator[Figure]:
    """Run no-op tasks on nagare and on Celery in turn; then on rq, dramatiq and huey, which have no durable ledger."""
    count = environment.sizes.of(TASKS)
    with ExitStack() as exits:
        stacks = {kind: exits.enter_context(environment.stack(environment.new_database(kind))) for kind in KINDS}
        ours: dict[str, Contender] = {}
        for kind, stack in stacks.items():
            database = exits.enter_context(closing(Database(stack.settings["DATABASE_URL"], durable=False)))
            ours[kind] = contenders.nagare(stack, f"nagare-{kind}", database)
        stack = stacks[KINDS[0]]
        celery = contenders.celery(stack)
        rates = _by_turns([*ours.values(), celery], count, environment.sizes.rounds)
        python = environment.peers()
        others: dict[str, Rates] = {celery.name: rates[celery.name]}
        for start in (contenders.dramatiq, contenders.huey, contenders.rq):
            peer = start(stack, python)
            others |= _by_turns([peer], max(10, int(count * peer.share)), 1)
            stack.programs.pop().kill()
    for kind, contender in ours.items():
        accepted, done = rates[contender.name]
        by_done = {name: both[1] for name, both in others.items()}
        by_accepted = {name: both[0] for name, both in others.items()}
        yield Figure(f"{kind}, accepted and done, -c 4", "tasks/s", done, by_done, aim_ratio=1)
        yield Figure(f"{kind}, accepted meanwhile, by a producer of eight threads", "tasks/s", accepted, by_accepted)


def _by_turns(those: list[Contender], count: int, rounds: int) -> dict[str, Rates]:
    measured: dict[str, list[Rates]] = {each.name: [] for each in those}
    for each in those:
        each.run(min(count, WARM_UP))
    for _ in range(rounds):
        for each in those:
            measured[each.name].append(each.run(count))
    return {
        name: (statistics.median(each[0] for each in rates), statistics.median(each[1] for each in rates))
        for name, rates in measured.items()
    }
