"""Where a run measures: a folder, databases and a venv of the peers that nothing else uses."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import NotMeasured
from bench.peers import venv
from tests.acceptance.programs import ROOT
from tests.acceptance.stack import Stack
from tests.real.postgres_lab import create_database

KINDS = ("SQLite", "PostgreSQL")
LABS = ROOT / "tests" / "real" / "labs"
# Of their own, so that no test stops them half-way; this PostgreSQL commits to the disk, which the tests' does not.
LAB_SETTINGS = {"NAGARE_LAB_POSTGRES_PORT": "30533", "NAGARE_LAB_POSTGRES_FSYNC": "on"}

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    scale: float = 1.0
    rounds: int = 3
    seconds: float = 4.0

    def of(self, count: int) -> int:
        """Return a number of rows, tasks or messages on this scale."""
        return max(10, int(count * self.scale))


class Place:
    """Starts what a row needs when it is asked for, and stops all of it in the end."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self.folder = folder
        self.sizes = sizes
        self._postgres: str | None = None
        self._labs = folder / "labs"

    def new_folder(self) -> Path:
        """Return a new folder."""
        path = self.folder / f"part{next(_numbers)}"
        path.mkdir()
        return path

    def new_database(self, kind: str) -> str:
        """Return the address of a new, empty database. Raises NotMeasured."""
        if kind == "SQLite":
            return f"sqlite:///{self.new_folder() / 'nagare.db'}"
        return create_database(self.postgres(), f"bench{next(_numbers)}")

    def postgres(self) -> str:
        """Return the address of a PostgreSQL that commits to the disk. Raises NotMeasured."""
        if self._postgres is None:
            self._postgres = self._run_postgres("up")
        return self._postgres

    @contextmanager
    def stack(self, database_url: str, **settings: str) -> Iterator[Stack]:
        """Run Valkey, the schema, and the API under gunicorn as it is shipped."""
        stack = Stack(self.new_folder(), database_url, NAGARE_LEASE_S="30", **settings)
        try:
            yield stack
        finally:
            stack.close()

    def peers(self) -> Path:
        """Return the Python of the venv in which the peers are installed. Raises NotMeasured."""
        return venv.python()

    def close(self) -> None:
        """Stop the PostgreSQL that was started here."""
        if self._postgres is not None:
            self._run_postgres("wipe")

    def _run_postgres(self, verb: str) -> str:
        self.folder.chmod(0o755)
        settings = {**os.environ, **LAB_SETTINGS, "NAGARE_LAB_DIR": str(self._labs)}
        done = subprocess.run(
            [LABS / "postgres", verb], env=settings, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:
            raise NotMeasured(done.stderr.strip())
        return done.stdout.strip()
