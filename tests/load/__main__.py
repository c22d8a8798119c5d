"""`python -m tests.load`: steady mixed work for a long time; exit code 1 if anything grows that should not."""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

from app.enums import TaskState
from tests.acceptance.stack import Stack
from tests.acceptance.user import TERMINAL_STATES
from tests.cli.processes import wait_for
from tests.load.gauges import Sample, Trend, sample, trends
from tests.load.work import Work

PEAK_S = 30.0
SHARE = 0.7
WARM_UP = 0.3
"""The part of the time before caches, pools and the log of events are full."""
SAMPLES = 120


def main() -> int:
    """Run the load that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--peak-seconds", type=float, default=PEAK_S)
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60
    with tempfile.TemporaryDirectory(prefix="nagare-load-") as folder:
        stack = Stack(Path(folder), NAGARE_LEASE_S="30", NAGARE_LOG_LEVEL="WARNING")
        try:
            stack.start_worker()
            work = Work(stack)
            peak = _peak(stack, work, arguments.peak_seconds)
            work.done.clear()
            samples = _watched(stack, work, seconds, SHARE * peak)
            _wait_until_drained(stack)
            dead = stack.user.stats()["dead"]
        except BaseException:
            for program in stack.programs:
                print(f"== {program.name}\n{program.printed[-3000:]}", file=sys.stderr)
            raise
        finally:
            stack.close()
    found = trends([(at, seen) for at, seen in samples if at >= WARM_UP * seconds])
    print(f"peak {peak:.0f} requests/s; {arguments.minutes:g} minutes at {work.done.total() / seconds:.0f}/s")
    print(f"answered {dict(work.done)}, failed {dict(work.failed)}, dead letters {dead}")
    _tell(found)
    return 0 if all(trend.is_fine for trend in found) and not work.failed and not dead else 1


def _peak(stack: Stack, work: Work, seconds: float) -> float:
    """Return how many requests a second are answered and their tasks done."""
    begun_at = time.monotonic()
    count = work.run(seconds)
    _wait_until_drained(stack)
    return count / (time.monotonic() - begun_at)


def _wait_until_drained(stack: Stack) -> None:
    states = {*TaskState} - {*TERMINAL_STATES}

    def is_drained() -> bool:
        time.sleep(0.2)
        return all(not stack.user.get("/tasks", state=state, limit=1)["items"] for state in sorted(states))

    wait_for(is_drained, "all tasks to end", timeout_s=600)


def _watched(stack: Stack, work: Work, seconds: float, a_second: float) -> list[tuple[float, Sample]]:
    begun_at = time.monotonic()
    samples = []
    client = threading.Thread(target=work.run, args=(seconds, a_second))
    client.start()
    while client.is_alive():
        samples.append((time.monotonic() - begun_at, sample(stack)))
        client.join(seconds / SAMPLES)
    return samples


def _tell(found: list[Trend]) -> None:
    print(f"{'':<28}{'after warm-up':>14}{'end':>10}{'growth':>10}{'limit':>10}")
    for trend in found:
        limit = "" if trend.limit is None else f"{trend.limit:.1f}"
        mark = "" if trend.is_fine else "  !"
        growth = trend.last - trend.first
        print(f"{trend.name:<28}{trend.first:>14.1f}{trend.last:>10.1f}{growth:>10.1f}{limit:>10}{mark}")


if __name__ == "__main__":
    sys.exit(main())
