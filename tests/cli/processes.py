"""What the tests of this folder need to know about other processes, read from Linux's /proc."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain for {what}"
        time.sleep(0.02)


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, …; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants(pid: int) -> set[int]:
    """All that this process started, directly or not."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = {pid}
    while more := {child for child, stat in parents.items() if stat and int(stat[1]) in found} - found:
        found |= more
    return found - {pid}


def leader(pids: Iterable[int], parent: int) -> int:
    """The one among these processes that this parent started itself."""
    (found,) = [pid for pid in pids if (stat := _stat(pid)) and int(stat[1]) == parent]
    return found


def alive(pids: Iterable[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    return {pid for pid in pids if (stat := _stat(pid)) and stat[0] not in "ZX"}


def sleeps(pid: int) -> bool:
    """Whether its main thread is in a `time.sleep`, rather than waiting for something to happen."""
    try:
        return Path(f"/proc/{pid}/wchan").read_text() == "hrtimer_nanosleep"
    except (FileNotFoundError, ProcessLookupError):
        return False


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""
