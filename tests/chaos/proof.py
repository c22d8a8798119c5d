"""What the ledger, the lists and the inventory say after a storm."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.connectors.base import MonitorAccess
from app.connectors.simulator.connector import SimulatorConnector
from app.store.database.engine import Database
from tests.acceptance.programs import Program
from tests.acceptance.user import QUEUES, TERMINAL_STATES
from tests.chaos.storm import Storm
from tests.chaos.task_load import SOURCES
from tests.cli.processes import wait_for

SETTLED_WITHIN_S = 180


@dataclass
class Proof:
    """The balance; whatever is in one of the lists is a broken promise."""

    states: Counter[str]
    attempts: int
    lost: list[str]
    doubled: list[str]
    differences: list[str]
    slowest_recovery_s: float

    @property
    def is_kept(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.differences)


def prove(storm: Storm) -> Proof:
    """Wait until nothing moves any more, then look at everything."""
    stack = storm.stack
    user = stack.new_user()
    database = Database(stack.settings["DATABASE_URL"], durable=False)

    def is_settled() -> bool:
        # One statement: a retry that begins between two would be in neither's answer.
        with database.reading() as connection:
            found = connection.execute(text("SELECT DISTINCT state FROM task_runs")).scalars()
            return {*found} <= {*TERMINAL_STATES}

    # Tasks that do not end are what the proof is there to name.
    with suppress(AssertionError):
        wait_for(is_settled, "all tasks to end", SETTLED_WITHIN_S)
    wait_for(lambda: user.http.get("/queue/stats").status_code == 200, "the API to see Redis again")
    wait_for(lambda: len(user.all("/queue/dead")) == user.stats()["dead"], "the list of dead letters to be right")
    with database.reading() as connection:
        runs = {row["id"]: row for row in connection.execute(text("SELECT * FROM task_runs")).mappings()}
        attempts = connection.execute(text("SELECT * FROM task_attempts ORDER BY task_id, attempt")).mappings().all()
    database.close()

    lost = [task_id for task_id in storm.tasks.accepted if task_id not in runs]
    lost += [task_id for task_id, run in runs.items() if run["state"] not in TERMINAL_STATES]
    return Proof(
        states=Counter(run["state"] for run in runs.values()),
        attempts=len(attempts) + sum(run["state"] == "succeeded" for run in runs.values()),
        lost=lost,
        doubled=overlaps(runs, attempts) + run_twice(storm.workers),
        differences=storm.tasks.wrong_answers + _differences(storm),
        slowest_recovery_s=_slowest_recovery_s(storm, runs),
    )


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.replace(tzinfo=None)


def overlaps(runs: Any, attempts: Any) -> list[str]:
    """Tasks of which one attempt began before the one before it had ended."""
    spans = defaultdict(list)
    for attempt in attempts:
        spans[attempt["task_id"]].append((_moment(attempt["started_at"]), _moment(attempt["finished_at"])))
    for task_id, run in runs.items():
        if run["state"] == "succeeded":
            spans[task_id].append((_moment(run["started_at"]), _moment(run["finished_at"])))
    return [
        f"{task_id}: two attempts at once"
        for task_id, found in spans.items()
        if any(before[1] > after[0] for before, after in itertools.pairwise(found))
    ]


def run_twice(workers: Iterable[Program]) -> list[str]:
    """Tasks that a worker says to have done twice, or begun after they were done."""
    started, succeeded = defaultdict(list), defaultdict(list)
    for worker in workers:
        for event in worker.events("task.started"):
            started[event["task_id"]].append(event["timestamp"])
        for event in worker.events("task.succeeded"):
            succeeded[event["task_id"]].append(event["timestamp"])
    twice = [f"{task_id}: done twice" for task_id, moments in succeeded.items() if len(moments) > 1]
    after = [
        f"{task_id}: begun after it was done"
        for task_id in succeeded
        if max(started[task_id], default="") > min(succeeded[task_id])
    ]
    return twice + after


def _differences(storm: Storm) -> list[str]:
    """Where the lists are not empty, or the inventory is not what its source says."""
    user = storm.stack.new_user()
    found = [f"{name}: {length} messages left" for name, length in user.stats().items() if length and name in QUEUES]
    for monitor, url in zip(storm.tasks.monitors, SOURCES, strict=True):
        calm = url.partition("&latency_ms")[0]
        user.change_monitor(monitor, url=calm)
        for what in ("hosts", "items"):
            task = user.end(user.pull(monitor, what))
            if task["state"] != "succeeded":
                found.append(f"monitor {monitor}: {task['error']}")
        source = SimulatorConnector(MonitorAccess(calm))
        hosts = [host for page in source.hosts() for host in page.records]
        items = [item for page in source.items([host.external_id for host in hosts]) for item in page.records]
        here = user.all("/hosts", monitor_id=monitor)
        if sorted(host["external_id"] for host in here) != sorted(host.external_id for host in hosts):
            found.append(f"monitor {monitor}: other hosts than its source")
        names = {host["id"]: host["external_id"] for host in here}
        there = sorted((item.host_external_id, item.external_id, item.key) for item in items)
        kept = sorted(
            (names[item["host_id"]], item["external_id"], item["key"])
            for item in user.all("/items", monitor_id=monitor)
        )
        if kept != there:
            found.append(f"monitor {monitor}: other items than its source")
    return found


def _slowest_recovery_s(storm: Storm, runs: Any) -> float:
    """The longest time from the end of an accident to the next task that was done."""
    done = sorted(_moment(run["finished_at"]) for run in runs.values() if run["state"] == "succeeded")
    waits = []
    for fault in storm.faults:
        over_at = fault.over_at.replace(tzinfo=None)
        following = next((moment for moment in done if moment > over_at), None)
        if following is not None:
            waits.append((following - over_at).total_seconds())
    return max(waits, default=0.0)
