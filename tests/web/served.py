"""The application under gunicorn as a deployment starts it, and clients that speak to it byte by byte."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket

import httpx

from tests.cli.instance import free_port
from tests.forked import Forked

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30.0
SERVE = ("-m", "gunicorn", "wsgi:application")
GUNICORN = [sys.executable, *SERVE]


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    process: Forked
    port: int
    log: Path

    @property
    def logged(self) -> str:
        """Return all that it has logged."""
        return self.log.read_text()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket:
        return create_connection(("127.0.0.1", self.port), DEADLINE_S)

    def answers(self) -> bool:
        """Tell whether a probe is answered soon."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/healthz", timeout=5).status_code == 200
        return False

    def exchange(self, *parts: bytes) -> bytes:
        """Send a request as it is and return all that comes back."""
        with closing(self.connect()) as client:
            for part in parts:
                with suppress(OSError):
                    client.sendall(part)
            return read_all(client)

    def workers(self) -> list[int]:
        """Return the ids of gunicorn's workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def memory_mb(self) -> float:
        """Return what the workers hold that is theirs alone."""
        return sum(_anonymous_kb(worker) for worker in self.workers()) / 1024


def _anonymous_kb(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def read_all(client: socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while data := client.recv(65536):
            received += data
    return received


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NAGARE_", "REDIS_", "DATABASE_"))
    }
    return {**kept, "NAGARE_HOME": str(home), **settings}


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@contextmanager
def serve(
    home: Path, template: Path, valkey: str, *before: str, server_class: str = "", **settings: str
) -> Iterator[Served]:
    """Run gunicorn on a copy of the template, with the project's own configuration after the lines `before`.

    With a `server_class` nothing of that configuration is used.
    """
    shutil.copy(template, home / "nagare.db")
    port = free_port()
    ours = f"exec(open({str(ROOT / 'gunicorn.conf.py')!r}).read())"
    plain = f"bind, worker_class, threads = '127.0.0.1:{port}', {server_class!r}, 2"
    config = home / "conf.py"
    config.write_text("\n".join([*before, plain if server_class else ours, ""]))
    given = {
        "NAGARE_SECRET_KEY": "a secret for tests",
        "NAGARE_PORT": str(port),
        "REDIS_URL": valkey,
        "DATABASE_URL": f"sqlite:///{home / 'nagare.db'}",
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    log = home / "gunicorn.log"
    process = Forked((*SERVE, "-c", str(config)), environment(home, **given), log, log)
    served = Served(process, port, log)
    try:
        wait_until(served.answers)
        yield served
    finally:
        process.kill()
        process.wait()
