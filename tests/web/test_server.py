"""The application under gunicorn, as a deployment starts it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from socket import create_connection, socket

import httpx
import pytest

from tests.web.caller import PASSWORD

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30.0
GUNICORN = [sys.executable, "-m", "gunicorn", "wsgi:application"]


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NAGARE_", "REDIS_", "DATABASE_"))
    }
    return {**kept, "NAGARE_HOME": str(home), **settings}


def settings_for(port: int, home: Path, template: Path, valkey: str) -> dict[str, str]:
    """Return the settings of a server with a database of its own: all tests begin with a copy of the template."""
    shutil.copy(template, home / "nagare.db")
    return {
        "NAGARE_SECRET_KEY": "a secret for tests",
        "NAGARE_PORT": str(port),
        "REDIS_URL": valkey,
        "DATABASE_URL": f"sqlite:///{home / 'nagare.db'}",
    }


@pytest.fixture
def port() -> int:
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path, template: Path, valkey: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run gunicorn with the project's own configuration."""
    settings = settings_for(port, tmp_path, template, valkey)
    process = subprocess.Popen(GUNICORN, cwd=ROOT, env=environment(tmp_path, **settings), stderr=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def answers(port: int) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    return False


def exchange(port: int, *parts: bytes) -> bytes:
    """Send a request as it is and return all that comes back."""
    with closing(create_connection(("127.0.0.1", port), DEADLINE_S)) as client:
        for part in parts:
            with suppress(OSError):
                client.sendall(part)
        received = b""
        with suppress(ConnectionResetError):
            while data := client.recv(65536):
                received += data
        return received


def test_gunicorn_serves_the_api_and_stops_when_told(server: subprocess.Popen[bytes], port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(port))
    assert httpx.get(f"{address}/api/v1/hosts").status_code == 401
    too_much = httpx.post(f"{address}/api/v1/auth/login", content=(b" " * 65536 for _ in range(20)))
    assert (too_much.status_code, too_much.json()["code"]) == (413, "too_large")
    server.terminate()
    _, log = server.communicate(timeout=DEADLINE_S)
    assert server.returncode == 0, log.decode()
    assert b"Traceback" not in log
    assert b"/healthz" not in log, "there is no access log"


def test_what_is_sent_has_limits(server: subprocess.Popen[bytes], port: int) -> None:
    wait_until(lambda: answers(port))
    host = b"Host: x\r\nConnection: close\r\n"
    get, post = b"GET /healthz HTTP/1.1\r\n" + host, b"POST /api/v1/auth/login HTTP/1.1\r\n" + host
    as_json = b"Content-Type: application/json\r\n"
    for status, *parts in (
        (b"414", b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n"),
        (b"431", get + b"X-Long: " + b"a" * 9000 + b"\r\n\r\n"),
        (b"431", get + b"".join(b"X-%d: 1\r\n" % number for number in range(101)) + b"\r\n"),
        (b"413", post + as_json + b"Content-Length: 99999999999\r\n\r\n"),
        (b"401", post.replace(b"auth/login", b"tokens") + as_json + b"Content-Length: 99999999999\r\n\r\n"),
        (b"401", post.replace(b"auth/login", b"alerts/webhook") + b"Content-Length: 99999999999\r\n\r\n"),
        (b"400", post + as_json + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (b"400", post + as_json + b"Content-Length: 1, 2\r\n\r\n{}"),
        (b"400", post + as_json + b"Content-Length: 100000\r\n\r\n", b"[" * 100_000),
    ):
        answer = exchange(port, *parts)
        assert answer.startswith(b"HTTP/1.1 " + status), (parts[0][:120], answer[:300])


def test_only_the_application_says_who_is_trusted(server: subprocess.Popen[bytes], port: int) -> None:
    """gunicorn itself would take the path and the scheme from headers of who is on this machine."""
    wait_until(lambda: answers(port))
    moved = {"SCRIPT_NAME": "/elsewhere", "PATH_INFO": "/docs", "X-Forwarded-Proto": "https"}
    answer = httpx.get(f"http://127.0.0.1:{port}/sign-in?back=/hosts", headers=moved)
    assert (answer.status_code, "elsewhere" in answer.text) == (200, False)
    assert answer.headers["Strict-Transport-Security"]
    assert "Secure" in answer.headers["Set-Cookie"]


def test_clients_that_take_their_time_do_not_keep_others_waiting(
    tmp_path: Path, template: Path, valkey: str, port: int
) -> None:
    config = tmp_path / "conf.py"
    config.write_text(
        f"from app.web import server\nserver.READ_S = 0.5\nexec(open({str(ROOT / 'gunicorn.conf.py')!r}).read())\n"
    )
    settings = {**settings_for(port, tmp_path, template, valkey), "PYTHONPATH": str(ROOT)}
    command = [*GUNICORN, "-c", str(config)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path, **settings))
    slow = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    slow_ones = []
    try:
        wait_until(lambda: answers(port))
        for begun in (b"", slow, slow + b"\r\n{"):
            for _ in range(80):
                slow_ones.append(create_connection(("127.0.0.1", port), DEADLINE_S))
                slow_ones[-1].sendall(begun)
            # All 32 threads of gunicorn would wait for the rest of these for ever.
            wait_until(lambda: answers(port))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=DEADLINE_S) as client:
            login = {"username": "operator", "password": PASSWORD}
            token = client.post("/auth/login", json=login).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            task = client.post("/alerts/generate-test").json()["task_id"]
            late = client.get(f"/tasks/{task}?wait=3")
            assert (late.status_code, late.json()["state"]) == (200, "queued"), "an answer may take longer"
            stream = late.extensions["network_stream"]
            again = client.get("/auth/me")
            assert again.extensions["network_stream"].get_extra_info("client_addr") == stream.get_extra_info(
                "client_addr"
            ), "and its connection serves the next request"
    finally:
        for each in slow_ones:
            each.close()
        process.kill()
        process.wait()


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
