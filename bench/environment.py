"""The environment of a run: a folder, databases and a venv of the peers, used by nothing else."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.store.operation.migrate import upgrade
from bench import fleet
from bench.figures import NotMeasured
from bench.fleet import FleetSize
from bench.peers import venv
from tests.acceptance.programs import ROOT
from tests.acceptance.stack import Stack
from tests.cli.instance import free_port
from tests.real.postgres_lab import create_database

KINDS = ("SQLite", "PostgreSQL")
LABS = ROOT / "tests" / "real" / "labs"

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of what is measured."""

    scale: float = 1.0
    rounds: int = 3
    seconds: float = 3.0
    items: int = 300_000
    """The number of items that the row `upsert` pulls, on this scale."""

    def of(self, count: int) -> int:
        """Return a number of rows, tasks or messages on this scale."""
        return max(10, int(count * self.scale))


class Environment:
    """Starts what a row needs on request, and stops everything at the end."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder
        self.sizes = sizes
        self.fleet_size = FleetSize(*map(sizes.of, (10_000, 1_000_000, 1_000_000, 1_000_000)))
        self._big: dict[str, Future[str]] = {}
        self._postgres: str | None = None
        # A lab of its own, so that no test stops it half-way; unlike the tests' lab, it commits to the disk.
        self._lab = {
            "NAGARE_LAB_DIR": str(folder / "labs"),
            "NAGARE_LAB_POSTGRES_PORT": str(free_port()),
            "NAGARE_LAB_POSTGRES_FSYNC": "on",
        }

    def new_folder(self) -> Path:
        """Return a new folder."""
        path = self.folder / f"part{next(_numbers)}"
        path.mkdir()
        return path

    def new_database(self, kind: str) -> str:
        """Return the URL of a new, empty database. Raises NotMeasured."""
        if kind == "SQLite":
            return f"sqlite:///{self.new_folder() / 'nagare.db'}"
        return create_database(self.postgres(), f"bench{next(_numbers)}")

    def big_database(self, kind: str) -> str:
        """Return the URL of a database with a big fleet. Raises NotMeasured.

        The first use fills the databases of all kinds side by side.
        """
        if not self._big:
            with ThreadPoolExecutor() as fillers:
                self._big = {each: self._fill_by(fillers, each) for each in KINDS}
        return self._big[kind].result()

    def _fill_by(self, fillers: Executor, kind: str) -> Future[str]:
        filled: Future[str] = Future()
        try:
            # One after the other: Alembic runs one migration at a time in a process.
            url = self.new_database(kind)
            upgrade(url)
        except NotMeasured as reason:
            filled.set_exception(reason)
            return filled

        def fill() -> str:
            fleet.add(url, self.fleet_size)
            return url

        return fillers.submit(fill)

    def postgres(self) -> str:
        """Return the URL of a PostgreSQL that commits to the disk. Raises NotMeasured."""
        if self._postgres is None:
            self._postgres = self._run_postgres("up")
        return self._postgres

    @contextmanager
    def stack(self, database_url: str, **settings: str) -> Iterator[Stack]:
        """Run Valkey, the schema, and the API under gunicorn as in production."""
        stack = Stack(self.new_folder(), database_url, NAGARE_LEASE_S="30", **settings)
        try:
            yield stack
        finally:
            stack.close()

    def peers(self) -> Path:
        """Return the Python of the peers' venv. Raises NotMeasured."""
        return venv.python()

    def close(self) -> None:
        """Stop the PostgreSQL that this started."""
        if self._postgres is not None:
            self._run_postgres("wipe")

    def _run_postgres(self, verb: str) -> str:
        self.folder.chmod(0o755)
        environment = {**os.environ, **self._lab}
        done = subprocess.run(
            [LABS / "postgres", verb], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:
            raise NotMeasured(done.stderr.strip())
        return done.stdout.strip()
