"""What the programs hold: memory, files, connections, threads, keys; and whether it grows."""

import re
import sqlite3
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.cli.processes import descendants

MB = 2**20
EVENTS = "nagare:events"
Sample = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a figure may grow from the end of the warm-up to the end: a share of what it was, and so much."""

    share: float
    amount: float


LIMITS: Mapping[str, Limit] = {
    "memory, MB": Limit(0.08, 8),
    # Each of the five processes of a worker may come to need a second connection to SQLite: three files.
    "open files": Limit(0, 15),
    "sockets": Limit(0, 6),
    "threads": Limit(0, 4),
    "Redis memory, MB": Limit(0.1, 2),
    "Redis keys": Limit(0, 20),
    "Redis clients": Limit(0, 6),
    "waiting tasks": Limit(0, 50),
    "database, bytes a row": Limit(0.15, 0),
}


def sample(stack: Stack) -> Sample:
    """Return what each program holds at this moment, by program and figure."""
    seen: dict[str, float] = {}
    for program in stack.programs:
        for name, value in _of_program({program.pid, *descendants(program.pid)}).items():
            seen[f"{_kind(program)}: {name}"] = value
    info = stack.redis.info()
    # For eleven minutes events are kept: until then their log grows.
    events = stack.redis.memory_usage(EVENTS, samples=0) or 0
    seen["events, MB"] = events / MB
    seen["Redis memory, MB"] = (info["used_memory"] - events) / MB
    seen["Redis keys"] = stack.redis.dbsize()
    seen["Redis clients"] = info["connected_clients"]
    seen["waiting tasks"] = sum(stack.redis.llen(key) for key in stack.redis.scan_iter("nagare:queue:*"))
    return seen | _of_database(Path(stack.settings["DATABASE_URL"].removeprefix("sqlite:///")))


def _kind(program: Program) -> str:
    return re.sub(r"\d+$", "", program.name)


def _of_program(pids: set[int]) -> dict[str, float]:
    totals = dict.fromkeys(("memory, MB", "open files", "sockets", "threads"), 0.0)
    for pid in pids:
        # A process that ends while it is looked at holds nothing.
        with suppress(FileNotFoundError, ProcessLookupError):
            folder = Path(f"/proc/{pid}")
            links = []
            for entry in (folder / "fd").iterdir():
                with suppress(FileNotFoundError):
                    links.append(str(entry.readlink()))
            pss = re.search(r"^Pss: +(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
            totals["memory, MB"] += int(pss[1]) / 1024 if pss else 0
            totals["open files"] += len(links)
            totals["sockets"] += sum(link.startswith("socket:") for link in links)
            totals["threads"] += len([*(folder / "task").iterdir()])
    return totals


def _of_database(path: Path) -> dict[str, float]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        ask: Callable[[str], float] = lambda statement: database.execute(statement).fetchone()[0]  # noqa: E731
        tables = (
            "task_runs",
            "alerts",
            "alert_events",
            "items",
            "item_values",
            "hosts",
            "audit_entries",
            "alert_deliveries",
            "task_attempts",
        )
        known = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = sum(ask(f"SELECT count(*) FROM {table}") for table in tables if table in known)
        used = ask("PRAGMA page_size") * (ask("PRAGMA page_count") - ask("PRAGMA freelist_count"))
    return {"database, MB": used / MB, "database, rows": rows, "database, bytes a row": used / max(1, rows)}


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure's straight line through the samples after the warm-up."""

    name: str
    first: float
    last: float
    limit: float | None

    @property
    def is_fine(self) -> bool:
        """Whether it grew no more than it may."""
        return self.limit is None or self.last - self.first <= self.limit


def trends(samples: Sequence[tuple[float, Sample]]) -> list[Trend]:
    """Fit a line to each figure of these samples, which have the seconds at which they were taken."""
    moments = [at for at, _ in samples]
    found = []
    for name in samples[0][1]:
        slope, start = statistics.linear_regression(moments, [sample[name] for _, sample in samples])
        first, last = start + slope * moments[0], start + slope * moments[-1]
        limit = LIMITS.get(name.rpartition(": ")[2])
        found.append(Trend(name, first, last, None if limit is None else first * limit.share + limit.amount))
    return found
