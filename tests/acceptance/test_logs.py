"""What the programs print: one line an event, with what it is about."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx

from tests.acceptance.stack import Stack
from tests.acceptance.user import User
from tests.cli.instance import free_port
from tests.cli.processes import wait_for


def test_every_line_is_an_event_also_when_a_child_is_killed_and_at_the_end(stack: Stack, user: User) -> None:
    worker = stack.start_worker()
    monitor = user.add_monitor("simulator://demo?hosts=1")
    done = user.pull(monitor)
    assert user.end(done)["state"] == "succeeded"
    dead = user.pull(user.add_monitor("simulator://demo?hosts=1&crash=1"))
    assert user.end(dead)["state"] == "dead"
    assert worker.stop() == 0
    for program in (stack.api, worker):
        # Celery writes this one from within its signal handler, where nothing may be logged.
        lines = [line for line in program.printed.splitlines() if line and "Warm shutdown" not in line]
        assert lines, program.name
        assert [line for line in lines if not isinstance(json.loads(line), dict)] == []
    [started] = worker.events("task.started", done)
    assert (started["monitor_id"], started["level"], started["attempt"]) == (monitor, "info", 1)
    assert len(worker.events("task.started", dead)) == 4


def test_the_console_has_one_line_an_event_too(stack: Stack) -> None:
    worker = stack.launch_worker(NAGARE_LOG_FORMAT="console", REDIS_URL="redis://127.0.0.1:9/0")
    wait_for(lambda: "Cannot connect" in worker.printed, "Celery's words on a Redis that is away")
    [line] = [line for line in worker.printed.splitlines() if "Cannot connect" in line]
    assert "Trying again" in line


@contextmanager
def unreadable_task(stack: Stack, user: User) -> Iterator[str]:
    """Yield the address of a task whose parameters in the database are no JSON: to read it fails inside."""
    task_id = user.pull(user.add_monitor("simulator://demo?hosts=1"))
    update = "UPDATE task_runs SET params = ? WHERE id = ?"
    with closing(sqlite3.connect(stack.folder / "nagare.db", isolation_level=None)) as database:
        [params] = database.execute("SELECT params FROM task_runs WHERE id = ?", (task_id,)).fetchone()
        database.execute(update, ("no JSON", task_id))
        yield f"/tasks/{task_id}"
        database.execute(update, (params, task_id))


def test_a_request_that_fails_inside_is_logged_with_its_id(stack: Stack, user: User) -> None:
    with unreadable_task(stack, user) as address:
        answer = user.http.get(address, headers={"X-Request-ID": "find-me"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "find-me")
    [entry] = stack.api.events("A request failed unexpectedly")
    assert (entry["request_id"], entry["level"]) == ("find-me", "error")
    assert "JSONDecodeError" in entry["exception"]


def test_the_console_tells_where_it_failed_and_no_variables(stack: Stack, user: User) -> None:
    port = free_port()
    command = (sys.executable, "-m", "gunicorn", "wsgi:application")
    api = stack.start("console", *command, NAGARE_LOG_FORMAT="console", NAGARE_PORT=str(port))
    with unreadable_task(stack, user) as address:

        def fails_inside() -> bool:
            try:
                found = httpx.get(f"http://127.0.0.1:{port}/api/v1{address}", headers=dict(user.http.headers))
            except httpx.TransportError:
                return False
            return found.status_code == 500

        wait_for(fails_inside, "the API to fail inside")
    assert "JSONDecodeError" in api.printed and "Traceback (most recent call last)" in api.printed
    assert "locals" not in api.printed and "secret_key" not in api.printed
    api.kill()
    stack.programs.remove(api)
