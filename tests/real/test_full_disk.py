"""The ledger on a disk of its own, in memory, that a test can fill. Needs root."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fixtures import _tidy, stack, user
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import assert_succeeded, quick
from tests.acceptance.user import User
from tests.cli.processes import wait_for

__all__ = ["_tidy", "quick", "stack", "user"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder that holds 16 MB."""
    disk = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a disk in memory: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture(scope="module")
def database_url(disk: Path) -> str:
    return f"sqlite:///{disk / 'nagare.db'}"


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return filler


def test_the_api_says_so_and_accepts_nothing_and_the_worker_tries_again(
    stack: Stack, user: User, quick: int, disk: Path
) -> None:
    big = user.add_monitor("simulator://demo?hosts=4000&items=1")
    worker = stack.start_worker()
    before = user.all("/tasks")
    filler = fill(disk)
    refusal = user.call("POST", f"/monitors/{quick}/hosts/pull-async", 503)
    assert refusal.json()["code"] == "database_unavailable"
    assert int(refusal.headers["Retry-After"]) >= 1
    assert user.all("/tasks") == before
    filler.unlink()

    task_id = user.pull(big)
    filler = fill(disk)
    wait_for(lambda: "database or disk is full" in worker.printed, "the worker to meet the full disk")
    filler.unlink()
    assert_succeeded(user, [task_id, user.pull(quick)])
    assert len(user.all("/hosts", monitor_id=big)) == 4000
