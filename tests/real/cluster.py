"""nagare on hosts of a network: two for the API, three for workers and schedulers, one for Redis, one for SQL."""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy import text

from app.composition import build
from app.settings import load_settings
from app.store.database.engine import Database
from app.store.operation.migrate import upgrade
from app.web import make_tokens
from tests.acceptance.programs import ROOT, Program
from tests.acceptance.stack import DAY_S, LEASE_S, PASSWORD, SETTINGS
from tests.acceptance.user import TERMINAL_STATES, User
from tests.chaos.proof import overlaps, run_twice
from tests.cli.instance import environment
from tests.cli.processes import wait_for
from tests.real.network import Host, Network
from tests.real.postgres_lab import LAB

PORT = 8080
PYTHON = sys.executable
VALKEY = ROOT / "app" / "cli" / "up" / "valkey_server.py"
QUICK = "simulator://demo?hosts=3&items=2&latency_ms=100"


class Cluster:
    """Everything but the user is on hosts of its own; the user, which is the test, has to be on theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: list[Program] = []
        self._numbers = itertools.count(1)
        self._connections: list[httpx.Client] = []
        # Where PostgreSQL's own user may look, as it may not into pytest's folders.
        self._lab = Path(tempfile.mkdtemp(prefix="nagare-test-hosts-"))
        self._lab.chmod(0o755)
        self.network = Network()
        self.user_host, self.redis_host, self.sql_host = (self.network.add(name) for name in ("user", "redis", "sql"))
        self.web_hosts = [self.network.add(f"web{number}") for number in (1, 2)]
        self.worker_hosts = [self.network.add(f"worker{number}") for number in (1, 2, 3)]

    def start(self) -> None:
        """Start all of it; the thread is on the user's host."""
        sql, redis = self.sql_host, self.redis_host
        lab = os.environ | {"NAGARE_LAB_DIR": str(self._lab), "NAGARE_LAB_POSTGRES_ADDRESS": sql.address}
        started = subprocess.run(sql.command(str(LAB), "up"), env=lab, check=True, stdout=subprocess.PIPE, text=True)
        options = ("--bind", redis.address, "--port", "6379", "--save", "", "--protected-mode", "no")
        self._run(redis, "valkey", ROOT, {}, PYTHON, "-P", str(VALKEY), *options, "--dir", str(self.folder))
        self.settings = {
            **SETTINGS,
            "NAGARE_HOME": str(self.folder),
            "REDIS_URL": f"redis://{redis.address}:6379/0",
            "DATABASE_URL": started.stdout.strip(),
        }
        wait_for(self._redis_answers, "Valkey to answer")
        upgrade(self.settings["DATABASE_URL"])
        services = build(load_settings(self.settings))
        services.access.users.ensure_admin("admin", PASSWORD)
        sign_in = services.access.auth.issue_token("admin", days=1)
        services.close()
        self._token = make_tokens(services.settings, sign_in, access_token_s=DAY_S)["access_token"]
        # Not pooled: a connection would not outlive a cut between the user and the database.
        self.database = Database(self.settings["DATABASE_URL"], durable=False, pooled=False)
        self.webs = [self.start_web(host) for host in self.web_hosts]
        self.workers = [self.start_worker(host) for host in self.worker_hosts]
        self.beats = [self.start_beat(host) for host in self.worker_hosts]
        for host in self.web_hosts:
            self.wait_until_ready(host)
        self.user = self.new_user(self.web_hosts[0])
        wait_for(lambda: len(self.user.get("/workers")["items"]) == 3, "three workers to be alive")

    def start_web(self, host: Host, port: int = PORT, tree: Path = ROOT) -> Program:
        settings = {"NAGARE_BIND": host.address, "NAGARE_PORT": str(port)}
        return self._run(host, "web", tree, settings, PYTHON, "-m", "gunicorn", "wsgi:application")

    def start_worker(self, host: Host, tree: Path = ROOT) -> Program:
        name = f"{next(self._numbers)}@{host.name}"
        return self._run(
            host, "worker", tree, {}, PYTHON, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-n", name
        )

    def start_beat(self, host: Host, tree: Path = ROOT) -> Program:
        seen = str(self.folder / f"beat-{host.name}")
        return self._run(host, "beat", tree, {}, PYTHON, "-m", "celery", "-A", "tasks", "beat", "--schedule", seen)

    def start_migration(self, tree: Path) -> Program:
        return self._run(self.web_hosts[0], "migrate", tree, {}, PYTHON, "-m", "app.cli", "migrate")

    def _run(self, host: Host, kind: str, tree: Path, settings: dict[str, str], *words: str) -> Program:
        given = {**getattr(self, "settings", {}), **settings, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(tree)}
        command = host.command("env", f"--chdir={tree}", *words)
        name = f"{kind}-{host.name}-{next(self._numbers)}"
        self.programs.append(Program(name, command, self.folder, environment(self.folder, **given)))
        return self.programs[-1]

    def _redis_answers(self) -> bool:
        with Redis.from_url(self.settings["REDIS_URL"], socket_timeout=1) as redis:
            try:
                return bool(redis.ping())
            except (RedisConnectionError, RedisTimeoutError):
                return False

    def wait_until_ready(self, host: Host, port: int = PORT) -> None:
        def is_ready() -> bool:
            try:
                return self.readiness(host, port).status_code == 200
            except httpx.TransportError:
                return False

        wait_for(is_ready, f"{host.name} to be ready", 60)

    def readiness(self, host: Host, port: int = PORT) -> httpx.Response:
        url = f"http://{host.address}:{port}/readyz?needs=database"
        return httpx.get(url, trust_env=False, timeout=20)

    def new_user(self, host: Host, port: int = PORT) -> User:
        """Return somebody who talks to the API on that host."""
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"http://{host.address}:{port}/api/v1"
        self._connections.append(httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False))
        return User(self._connections[-1])

    def worker_programs(self) -> list[Program]:
        return [program for program in self.programs if program.name.startswith("worker")]

    def assert_kept(self, accepted: list[str], timeout_s: float = 60) -> None:
        """Wait until all that was accepted has succeeded, and look whether anything was done twice or at once."""
        everything = "SELECT * FROM task_runs WHERE id = ANY(:ids)"

        def runs() -> dict[str, Any]:
            with self.database.reading() as connection:
                found = connection.execute(text(everything), {"ids": accepted}).mappings()
                return {row["id"]: row for row in found}

        wait_for(lambda: {run["state"] for run in runs().values()} <= {*TERMINAL_STATES}, "all tasks to end", timeout_s)
        with self.database.reading() as connection:
            told = "SELECT * FROM task_attempts WHERE task_id = ANY(:ids) ORDER BY task_id, attempt"
            attempts = connection.execute(text(told), {"ids": accepted}).mappings().all()
        ended = runs()
        assert {*ended} == {*accepted}
        failed = {id: (run["state"], run["error"]) for id, run in ended.items() if run["state"] != "succeeded"}
        assert failed == {}
        assert overlaps(ended, attempts) + run_twice(self.worker_programs()) == []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        if hasattr(self, "database"):
            self.database.close()
        self.network.close()
        for program in self.programs:
            program.kill()
        lab = os.environ | {"NAGARE_LAB_DIR": str(self._lab)}
        subprocess.run([LAB, "wipe"], env=lab, check=True)
        self._lab.rmdir()


class Load:
    """Asks for a task ten times a second inside the block, of one API after the other as a load balancer does."""

    def __init__(self, users: list[User], monitor: int, pace_s: float = 0.1) -> None:
        self.users = users
        self.accepted: list[str] = []
        self.failed: list[str] = []
        self.slowest_s = 0.0
        self._monitor = monitor
        self._pace_s = pace_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="load")

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        for number in itertools.count():
            if self._over.wait(self._pace_s):
                return
            users = self.users
            user = users[number % len(users)]
            begun_at = time.monotonic()
            try:
                answer = user.http.post(f"/monitors/{self._monitor}/hosts/pull-async")
                if answer.status_code == 202:
                    self.accepted.append(answer.json()["task_id"])
                else:
                    self.failed.append(f"{answer.status_code} {answer.text}")
            except httpx.TransportError as error:
                self.failed.append(repr(error))
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun_at)


LONGER_THAN_A_LEASE_S = LEASE_S + 3.0
