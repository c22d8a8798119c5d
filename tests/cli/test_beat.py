"""`celery -A tasks beat` on its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.programs import Program
from tests.cli.instance import environment
from tests.cli.processes import wait_for

BEAT = (sys.executable, "-m", "celery", "-A", "tasks", "beat")


@pytest.fixture
def settings(tmp_path: Path, valkey: str) -> dict[str, str]:
    own = {
        "NAGARE_SECRET_KEY": "a secret key for beat",
        "REDIS_URL": valkey,
        "NAGARE_HOME": str(tmp_path / "not/there"),
    }
    return dict(environment(tmp_path, **own))


@pytest.fixture
def beat(tmp_path: Path, settings: dict[str, str]) -> Iterator[Program]:
    """Yield beat, which has nothing but settings."""
    program = Program("beat", BEAT, tmp_path, settings)
    yield program
    program.kill()


def test_it_waits_in_a_fresh_folder_until_there_is_a_database(tmp_path: Path, beat: Program) -> None:
    wait_for(lambda: beat.printed.count("schedules.wait") > 1, "beat to look more than once")
    seen = tmp_path / "not/there/celerybeat-schedule"
    assert seen.exists()
    assert seen.parent.stat().st_mode & 0o777 == 0o700
    seen.unlink()
    wait_for(seen.exists, "the file to be touched again")
    assert beat.stop() == 0
    assert "Traceback" not in beat.printed


def test_it_logs_where_and_what_it_is_told_to(tmp_path: Path, settings: dict[str, str]) -> None:
    log = tmp_path / "its.log"
    beat = Program("beat", (*BEAT, "--logfile", str(log), "-l", "debug"), tmp_path, settings)
    try:
        wait_for(lambda: log.exists() and "schedules.wait" in log.read_text(), "beat's lines")
        assert "[debug" in log.read_text()
        assert "schedules.wait" not in beat.printed
    finally:
        beat.kill()
