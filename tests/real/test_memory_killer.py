"""A worker in a memory group of its own, in which the kernel kills the process that takes too much. Needs root."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import assert_succeeded, quick
from tests.acceptance.user import User
from tests.unit.connectors.conftest import serve

__all__ = ["_tidy", "database_url", "quick", "serve", "stack", "user"]

pytestmark = pytest.mark.real

GROUPS = Path("/sys/fs/cgroup")
ROOM = 300 * 2**20
# 40 MB that a connector still accepts, and that become more than 400 MB of Python's texts.
SWELLING = b"[" + b'"ab",' * 8_000_000 + b'"ab"]'


@contextmanager
def memory_group(pids: Iterable[int], room: int) -> Iterator[Path]:
    """Move processes into a group that may take `room` bytes from now on; what they start is in it as well."""
    version1 = (GROUPS / "memory").is_dir()
    group = (GROUPS / "memory" if version1 else GROUPS) / "nagare-test"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if version1 else "memory.max")).write_text(str(room))
    except OSError as error:
        pytest.skip(f"cannot make a memory group: {error}")
    for pid in pids:
        (group / "cgroup.procs").write_text(str(pid))
    try:
        yield group
    finally:
        for member in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(member)
        group.rmdir()


def test_a_task_that_eats_memory_until_the_kernel_kills_it(
    stack: Stack, user: User, quick: int, serve: Callable[[Callable[[Any], None]], str]
) -> None:
    worker = stack.start_worker()
    greedy = user.add_monitor(serve(lambda request: request.answer(SWELLING)), "prometheus")
    with memory_group([worker.pid, *worker.children()], ROOM):
        beside = [user.pull(quick) for _ in range(5)]
        task = user.end(user.pull(greedy), timeout_s=120)
        assert (task["state"], task["attempts"], task["reason"]) == ("dead", 4, "worker_lost")
        assert {attempt["reason"] for attempt in task["history"]} == {"worker_lost"}
        assert "SIGKILL" in task["error"]
        user.call("DELETE", f"/queue/dead/{task['task_id']}", 204)
        assert_succeeded(user, [*beside, user.pull(quick)])
    assert worker.process.poll() is None
