"""`python -m tests.chaos`: a storm, and the proof that it lost no task and no page; exit code 1 if it did."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.acceptance.stack import Stack
from tests.chaos.page_load import PUBLIC_URL, PageLoad
from tests.chaos.page_proof import PageProof, prove_pages
from tests.chaos.page_records import settle
from tests.chaos.proof import Proof, prove
from tests.chaos.storm import Storm
from tests.chaos.task_load import TaskLoad
from tests.real import postgres_lab


def main() -> int:
    """Run the storm that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--alerts", type=int, default=500, help="how many alerts fire; most of them page people")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="keep the ledger in a PostgreSQL that fails as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nagare-chaos-") as folder:
        database_url = _new_database() if arguments.postgresql else ""
        stack = Stack(Path(folder), database_url, NAGARE_PUBLIC_URL=PUBLIC_URL)
        try:
            database_away = _postgresql_away if arguments.postgresql else None
            tasks = TaskLoad(stack, arguments.seed, arguments.tasks)
            pages = PageLoad(stack, arguments.seed, arguments.alerts)
            storm = Storm(stack, arguments.seed, arguments.minutes * 60, tasks, pages, database_away)
            storm.rage()
            settle(pages)
            proof, of_pages = prove(storm), prove_pages(pages)
        except BaseException:
            for program in stack.programs:
                print(f"== {program.name}\n{program.printed[-3000:]}", file=sys.stderr)
            raise
        finally:
            stack.close()
    _tell(storm, proof)
    _tell_of_pages(of_pages)
    return 0 if proof.is_kept and of_pages.is_kept else 1


def _new_database() -> str:
    return postgres_lab.create_database(postgres_lab.start(), f"chaos_{time.time_ns()}")


def _postgresql_away(seconds: float) -> None:
    with postgres_lab.away():
        time.sleep(seconds)


def _tell(storm: Storm, proof: Proof) -> None:
    rows = [
        ("seed", storm.seed),
        ("tasks in the ledger", proof.states.total()),
        ("  answered with 202", len(storm.tasks.accepted)),
        *((f"  {state}", count) for state, count in sorted(proof.states.items())),
        ("refused or unanswered", storm.tasks.refused),
        ("attempts", proof.attempts),
        ("faults", len(storm.faults)),
        *((f"  {kind}", count) for kind, count in sorted(Counter(fault.kind for fault in storm.faults).items())),
        ("lost", len(proof.lost)),
        ("doubled", len(proof.doubled)),
        ("differences", len(proof.differences)),
        ("slowest recovery, s", f"{proof.slowest_recovery_s:.1f}"),
    ]
    _print(rows, (*proof.lost, *proof.doubled, *proof.differences))


def _tell_of_pages(proof: PageProof) -> None:
    rows = [*proof.counts.items(), ("lost", len(proof.lost)), ("unexplained", len(proof.unexplained))]
    _print(rows, (*proof.lost, *proof.unexplained))


def _print(rows: Iterable[tuple[str, object]], faults: Iterable[str]) -> None:
    for name, value in rows:
        print(f"{name:<24}{value!s:>8}")
    for line in faults:
        print(f"! {line}")


if __name__ == "__main__":
    sys.exit(main())
