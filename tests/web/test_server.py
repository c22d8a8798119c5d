"""The application under gunicorn, as a deployment starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from socket import socket

import httpx
import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30.0
GUNICORN = [sys.executable, "-m", "gunicorn", "wsgi:application"]


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NAGARE_", "REDIS_", "DATABASE_"))
    }
    return {**kept, "NAGARE_HOME": str(home), **settings}


@pytest.fixture
def port() -> int:
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path, template: Path, valkey: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run gunicorn with the project's own configuration."""
    settings = {
        "NAGARE_SECRET_KEY": "a secret for tests",
        "NAGARE_PORT": str(port),
        "REDIS_URL": valkey,
        "DATABASE_URL": f"sqlite:///{template}",
    }
    process = subprocess.Popen(GUNICORN, cwd=ROOT, env=environment(tmp_path, **settings), stderr=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_gunicorn_serves_the_api_and_stops_when_told(server: subprocess.Popen[bytes], port: int) -> None:
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{address}/healthz").status_code == 200
        return False

    wait_until(answers)
    assert httpx.get(f"{address}/api/v1/hosts").status_code == 401
    too_much = httpx.post(f"{address}/api/v1/auth/login", content=(b" " * 65536 for _ in range(20)))
    assert (too_much.status_code, too_much.json()["code"]) == (413, "too_large")
    server.terminate()
    _, log = server.communicate(timeout=DEADLINE_S)
    assert server.returncode == 0, log.decode()
    assert b"Traceback" not in log
    assert b"/healthz" not in log, "there is no access log"


@pytest.mark.parametrize("command", [GUNICORN, [sys.executable, "-c", "import wsgi"]])
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "NAGARE_SECRET_KEY"),
        ({"NAGARE_SECRET_KEY": "a secret for tests", "NAGARE_PORT": "99999"}, "NAGARE_PORT"),
        ({"NAGARE_SECRET_KEY": "a secret for tests", "NAGARE_COLOUR": "red"}, "NAGARE_COLOUR"),
    ],
)
def test_settings_that_do_not_hold_stop_the_start_with_one_line(
    tmp_path: Path, command: list[str], settings: dict[str, str], named: str
) -> None:
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path, **settings), capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert named in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
