"""`python -m tests.audit`: look at the locked packages; exit code 1 for what is wrong with one.

That the database of advisories is out of reach is told and is no fault, unless `--strict` says so.
"""

import sys
from pathlib import Path

from tests.audit import advisories, locks

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "bench/peers/requirements.txt")
INSTALLED = "requirements-dev.txt"
"""It holds all that the other one of the project holds."""


def main() -> int:
    """Tell all that is wrong."""
    wrong = [f"{name}: {fault}" for name in LOCKS for fault in locks.faults((ROOT / name).read_text())]
    wrong += locks.differences((ROOT / INSTALLED).read_text())
    advice = advisories.look_up(ROOT / INSTALLED)
    wrong += advice.weak
    for line in wrong:
        print(f"! {line}")
    if advice.error:
        print(f"The database of advisories was not reached ({advice.error[:200]}): nothing is known of any package.")
    elif advice.unknown:
        some = ", ".join(advice.unknown[:5])
        print(f"The database of advisories was not reached for {len(advice.unknown)} packages ({some}, …).")
    print(f"{advice.known} packages without a known weakness, {len(wrong)} faults.")
    is_silent = bool(advice.error or advice.unknown)
    return 1 if wrong or (is_silent and "--strict" in sys.argv[1:]) else 0


if __name__ == "__main__":
    sys.exit(main())
