"""One stack a module, shared by its tests; each test finds it empty."""

from collections.abc import Iterator

import pytest

from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, TERMINAL_STATES, User
from tests.cli.processes import wait_for


@pytest.fixture(scope="module")
def database_url() -> str:
    """Return the address of an empty database; none means SQLite. The tests against PostgreSQL override this."""
    return ""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Stack]:
    """Yield Valkey, the database and the API, without a worker."""
    stack = Stack(tmp_path_factory.mktemp("stack"), database_url)
    yield stack
    stack.close()


@pytest.fixture(scope="module")
def worker(stack: Stack) -> Program:
    """Return a worker that runs through all tests of the module that ask for it."""
    return stack.start_worker()


@pytest.fixture
def user(stack: Stack) -> User:
    """Return the administrator."""
    return stack.user


@pytest.fixture(autouse=True)
def _tidy(stack: Stack) -> Iterator[None]:
    """Show what the programs logged in the test (pytest prints that when it failed), then take away what it left."""
    workers = len(stack.workers)
    begins = {program: program.log.stat().st_size for program in stack.programs}
    yield
    for program in stack.programs:
        print(f"\n{program.log}\n{program.printed.encode()[begins.get(program, 0) :].decode()}")
    stack.kill_workers(since=workers)
    if not stack.valkey.is_running():
        stack.start_valkey()
    _empty(stack)


def _empty(stack: Stack) -> None:
    user = stack.user
    wait_for(lambda: user.http.get("/queue/stats").status_code == 200, "the API to see Redis again")
    for monitor in user.all("/monitors"):
        user.call("DELETE", f"/monitors/{monitor['id']}", 204)
    for task in user.all("/tasks"):
        if task["state"] not in TERMINAL_STATES:
            user.http.post(f"/tasks/{task['task_id']}/cancel")
    user.post("/queue/dead/discard", body={})
    if not stack.workers:
        stack.redis.flushall()
    # Each process of the API finds out by itself that Redis is back.
    wait_for(lambda: user.http.get("/queue/stats").json() == EMPTY, "all queues to be empty")
