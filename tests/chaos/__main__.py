"""`python -m tests.chaos`: a storm, and the proof that it lost and doubled nothing; exit code 1 if it did."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.acceptance.stack import Stack
from tests.chaos.proof import Proof, prove
from tests.chaos.storm import Storm
from tests.real import postgres_lab


def main() -> int:
    """Run the storm that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="keep the ledger in a PostgreSQL that fails as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nagare-chaos-") as folder:
        stack = Stack(Path(folder), _new_database() if arguments.postgresql else "")
        try:
            database_away = _postgresql_away if arguments.postgresql else None
            storm = Storm(stack, arguments.seed, arguments.tasks, arguments.minutes * 60, database_away)
            storm.rage()
            proof = prove(storm)
        except BaseException:
            for program in stack.programs:
                print(f"== {program.name}\n{program.printed[-3000:]}", file=sys.stderr)
            raise
        finally:
            stack.close()
    _tell(storm, proof)
    return 0 if proof.is_kept else 1


def _new_database() -> str:
    return postgres_lab.create_database(postgres_lab.start(), f"chaos_{time.time_ns()}")


def _postgresql_away(seconds: float) -> None:
    with postgres_lab.away():
        time.sleep(seconds)


def _tell(storm: Storm, proof: Proof) -> None:
    rows = [
        ("seed", storm.seed),
        ("tasks in the ledger", proof.states.total()),
        ("  answered with 202", len(storm.accepted)),
        *((f"  {state}", count) for state, count in sorted(proof.states.items())),
        ("refused or unanswered", storm.refused),
        ("attempts", proof.attempts),
        ("faults", len(storm.faults)),
        *((f"  {kind}", count) for kind, count in sorted(Counter(fault.kind for fault in storm.faults).items())),
        ("lost", len(proof.lost)),
        ("doubled", len(proof.doubled)),
        ("differences", len(proof.differences)),
        ("slowest recovery, s", f"{proof.slowest_recovery_s:.1f}"),
    ]
    for name, value in rows:
        print(f"{name:<24}{value!s:>8}")
    for line in (*proof.lost, *proof.doubled, *proof.differences):
        print(f"! {line}")


if __name__ == "__main__":
    sys.exit(main())
