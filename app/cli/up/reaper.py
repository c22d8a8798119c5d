"""Outlives `nagare up` briefly: if that is killed, kills every process that it had started.

`nagare up` runs this file as a separate process and holds the other end of its standard input. Lines `+<pid>` and
`-<pid>` name the live process groups; the end of the input means that `nagare up` is gone, for whatever reason.
"""

import os
import signal
import sys
from contextlib import suppress


def kill_group(group: int) -> None:
    """Kill every process of the group, if there is any."""
    # macOS returns PermissionError for a group that consists of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Read the input to its end, then kill what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    for group in groups:
        kill_group(group)


if __name__ == "__main__":
    main()
