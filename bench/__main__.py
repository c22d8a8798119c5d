"""`python -m bench [ROW …]`: measures nagare's speed and that of its peers, in one run."""

import argparse
import signal
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bench import chart, report
from bench.environment import Environment, Sizes
from bench.figures import Figure, NotMeasured
from bench.rows import ROWS

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Measure the named rows, by default all; return 1 if one could not be measured."""
    usual = Sizes()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(ROWS)}; by default all")
    parser.add_argument(
        "--scale", type=float, default=usual.scale, help="how many rows and tasks, as a share of the usual"
    )
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="how often each is measured; medians are told")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="how long a load of requests lasts")
    parser.add_argument("--items", type=int, default=usual.items, help="how many items the row upsert pulls")
    arguments = parser.parse_args()
    unknown = set(arguments.rows) - set(ROWS)
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    sizes = Sizes(arguments.scale, arguments.rounds, arguments.seconds, arguments.items)
    wanted = [row for row in ROWS if row in arguments.rows or not arguments.rows]
    # On SIGTERM, stop what was started, as on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun_at, begun = datetime.now(UTC), time.monotonic()
    figures: dict[str, list[Figure]] = {}
    failures: dict[str, str] = {}
    with (
        tempfile.TemporaryDirectory(prefix="nagare-bench-") as folder,
        closing(Environment(Path(folder), sizes)) as environment,
    ):
        for row in wanted:
            _measure(row, environment, figures.setdefault(row, []), failures)
    report.print_table(figures, failures)
    RESULTS.mkdir(exist_ok=True)
    name = f"{begun_at:%Y%m%dT%H%M%SZ}"
    data = report.as_json(figures, failures, begun_at, time.monotonic() - begun)
    report.write_json(RESULTS / f"{name}.json", data)
    (RESULTS / f"{name}.svg").write_text(chart.draw(figures))
    print(f"{RESULTS / name}.json and .svg, after {time.monotonic() - begun:.0f} s")
    return 1 if failures else 0


def _measure(row: str, environment: Environment, figures: list[Figure], failures: dict[str, str]) -> None:
    begun = time.monotonic()
    print(f"{row}: {ROWS[row].__doc__}", flush=True)
    try:
        for figure in ROWS[row](environment):
            figures.append(figure)
            print(report.line(row, figure), flush=True)
    except NotMeasured as reason:
        failures[row] = str(reason)
    except Exception as error:
        # A row that fails says nothing about the others.
        failures[row] = f"{type(error).__name__}: {error}"
    if row in failures:
        print(f"  {row}: not measured: {failures[row]}", flush=True)
    print(f"  {row}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
