"""The Procfile's processes as a platform runs them: told a PORT, and ended by a SIGTERM."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.programs import ROOT, Program
from tests.cli.instance import environment, free_port
from tests.cli.processes import alive, wait_for

PARTS = ("web", "worker", "beat", "flower")


@pytest.fixture
def platform(tmp_path: Path, valkey: str) -> dict[str, str]:
    """Return the environment that a platform gives."""
    settings = {
        "NAGARE_SECRET_KEY": "a secret key for a platform",
        "NAGARE_ADMIN_PASSWORD": "correct horse",
        "NAGARE_LOG_FORMAT": "json",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'nagare.db'}",
        "REDIS_URL": valkey,
        "PORT": str(free_port()),
        "FLOWER_BASIC_AUTH": "me:a password",
        "FLOWER_PORT": str(free_port()),
        "TMPDIR": str(tmp_path),
    }
    inherited = dict(environment(tmp_path, **settings))
    del inherited["NAGARE_PORT"]
    return inherited | {"PATH": f"{Path(sys.executable).parent}:{inherited['PATH']}"}


@pytest.fixture
def processes(platform: dict[str, str], tmp_path: Path) -> Iterator[Program]:
    """Release, then start all of them as a platform does."""
    honcho = [sys.executable, "-m", "honcho"]
    subprocess.run([*honcho, "run", "nagare", "migrate"], cwd=ROOT, env=platform, check=True, capture_output=True)
    program = Program("honcho", [*honcho, "start", *PARTS], tmp_path, platform)
    yield program
    print(program.printed)
    program.kill()


def test_every_process_runs_on_a_platform_and_ends_when_told(processes: Program, platform: dict[str, str]) -> None:
    def answers(url: str) -> bool:
        assert processes.process.poll() is None, processes.printed
        try:
            return httpx.get(url, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    # Ready is more than the API: it means that a worker is alive as well.
    wait_for(lambda: answers(f"http://127.0.0.1:{platform['PORT']}/readyz"), "the API and a worker", 60)
    wait_for(lambda: answers(f"http://127.0.0.1:{platform['FLOWER_PORT']}/healthcheck"), "Flower", 60)
    wait_for((Path(platform["TMPDIR"]) / "nagare-beat-schedule").exists, "the scheduler's look", 60)
    family = processes.children()
    assert processes.stop() == 128 + signal.SIGTERM
    assert alive(family) == set()
    for part in PARTS:
        assert f"{part}.1" in processes.printed
    assert "Traceback" not in processes.printed
    assert "killing" not in processes.printed
