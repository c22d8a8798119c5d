"""Workers whose wall clocks jump by an hour while they work; their monotonic clocks go on, as in a real machine."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import assert_succeeded, quick, slow
from tests.acceptance.user import User
from tests.cli.processes import wait_for

__all__ = ["quick", "slow"]

BEATS_OF_TWO_LEASES = 6
# Python imports a module of this name when it starts.
JUMPING = """
import time
from datetime import timedelta
from pathlib import Path

from app import clock

offset = Path(__file__).with_name("offset")
real_now, real_time = clock.now, time.time
clock.now = lambda: real_now() + timedelta(seconds=int(offset.read_text()))
time.time = lambda: real_time() + int(offset.read_text())
"""


def set_offset(folder: Path, seconds: int) -> None:
    draft = folder / "draft"
    draft.write_text(str(seconds))
    draft.replace(folder / "offset")


def start_worker(stack: Stack, folder: Path) -> Program:
    """Start a worker whose wall clock is off by as much as a file in this folder says at any moment."""
    folder.mkdir()
    set_offset(folder, 0)
    (folder / "sitecustomize.py").write_text(JUMPING)
    return stack.start_worker(PYTHONPATH=os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))


def beat(stack: Stack, task_id: str) -> int:
    with closing(sqlite3.connect(stack.folder / "nagare.db")) as database:
        return int(database.execute("SELECT beat FROM task_runs WHERE id = ?", (task_id,)).fetchone()[0])


def test_a_clock_that_jumps_steals_no_lease(stack: Stack, user: User, slow: int, quick: int, tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    workers = [start_worker(stack, folder) for folder in folders]
    task_ids = [user.wait(user.pull(slow), "running")["task_id"] for _ in range(2)]
    for jumps in ((3600, -3600), (-3600, 3600)):
        for folder, seconds in zip(folders, jumps, strict=True):
            set_offset(folder, seconds)
        before = {task_id: beat(stack, task_id) for task_id in task_ids}
        for task_id, seen in before.items():
            last = seen + BEATS_OF_TWO_LEASES
            wait_for(lambda: beat(stack, task_id) > last, "two leases to go by")  # noqa: B023 - called at once
        assert_succeeded(user, [user.pull(quick) for _ in range(3)])
        found = [user.task(task_id) for task_id in task_ids]
        assert [(task["state"], task["attempts"], task["history"]) for task in found] == [("running", 1, [])] * 2
    assert [worker.process.poll() for worker in workers] == [None, None]
    hours = {task["started_at"][:13] for task in user.all("/tasks")}
    assert len(hours) > 1, "no worker's clock has jumped"
    for task_id in task_ids:
        user.cancel(task_id)
