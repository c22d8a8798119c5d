"""A real `nagare up` in a folder of its own."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.cli.processes import alive, descendants, wait_for

PORTS = range(10_000, 28_000)
NAGARE = Path(sys.executable).parent / "nagare"


def free_port() -> int:
    """Return a port that nobody uses, out of those that the kernel does not give to connections.

    One of the kernel's choice could be taken by a connection before the program that should listen there does.
    """
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(folder: Path, **settings: str) -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not re.match("NAGARE_|REDIS_|DATABASE_", name)}
    return inherited | {"NAGARE_HOME": str(folder / "home"), "NAGARE_PORT": str(free_port())} | settings


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [NAGARE, *arguments],
        cwd=folder,
        env=environment(folder, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


class Instance:
    """Started by its constructor, ready when `wait_until_ready` returns."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        self.folder = folder
        self.environment = environment(folder, **settings)
        self.url = f"http://127.0.0.1:{self.environment['NAGARE_PORT']}"
        self._log = folder / f"up-{self.environment['NAGARE_PORT']}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [NAGARE, "up", *options],
                cwd=folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    @property
    def printed(self) -> str:
        return self._log.read_text()

    @property
    def password(self) -> str | None:
        found = re.search(r"^  password  (\S+)", self.printed, re.MULTILINE)
        return found and found[1]

    def wait_until_ready(self) -> None:
        def _is_ready() -> bool:
            assert self.process.poll() is None, self.printed
            return "Press Ctrl-C to stop." in self.printed

        wait_for(_is_ready, "nagare up to be ready", timeout_s=90)

    @contextmanager
    def client(self, password: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=f"{self.url}/api/v1", timeout=30, trust_env=False) as client:
            answer = client.post("/auth/login", json={"username": "admin", "password": password})
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    def family(self) -> set[int]:
        return descendants(self.process.pid)

    def kill(self) -> None:
        """End it, whatever the test did to it."""
        family = self.family()
        for pid in family:
            os.kill(pid, signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        wait_for(lambda: not alive(family), "the end of what nagare up had started")
