"""The programs that `nagare up` runs besides Valkey: the API, the worker and, on request, Flower."""

import sys
from collections.abc import Mapping
from pathlib import Path

import app
from app.cli.up.children import Program

FOLDER = Path(app.__file__).parents[1]
"""The folder of wsgi.py, gunicorn.conf.py, celeryconfig.py and tasks/."""
FLOWER_ADDRESS = "127.0.0.1"
FLOWER_PORT = 5555
FLOWER_USER = "admin"
FLOWER_VARIABLE = "FLOWER_BASIC_AUTH"


def web(environment: Mapping[str, str], listener_fd: int) -> Program:
    """Return the API, which takes over the listening socket."""
    arguments = ("-c", "gunicorn.conf.py", "-b", f"fd://{listener_fd}", "wsgi:application")
    return Program("web", _python("gunicorn", *arguments), environment, FOLDER, pass_fds=(listener_fd,))


def worker(environment: Mapping[str, str], concurrency: int) -> Program:
    """Return one worker with this number of slots, without Celery's banner."""
    arguments = ("--quiet", "-A", "tasks", "worker", "-c", str(concurrency))
    return Program("worker", _python("celery", *arguments), environment, FOLDER)


def flower(environment: Mapping[str, str], basic_auth: str) -> Program:
    """Return Flower, protected with this `user:password` (which `ps` must not show)."""
    closed = {FLOWER_VARIABLE: basic_auth}
    where = (f"--address={FLOWER_ADDRESS}", f"--port={FLOWER_PORT}")
    return Program("flower", _python("celery", "-A", "tasks", "flower", *where), {**environment, **closed}, FOLDER)


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
