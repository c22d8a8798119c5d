"""A real `celery -A tasks beat` fires schedules, and ends when it is told to."""

import signal
import sys
from datetime import UTC, datetime, timedelta

from app.store.database.engine import Database
from app.store.ledger import schedules
from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.acceptance.user import User
from tests.cli.processes import wait_for

URL = "simulator://demo?hosts=3&items=2"


def start_beat(stack: Stack, name: str) -> Program:
    command = (sys.executable, "-m", "celery", "-A", "tasks", "beat", "--pidfile=", f"--schedule={stack.folder / name}")
    return stack.start(name, *command)


def make_due(stack: Stack, schedule_id: int) -> None:
    """Let the schedule's time come now instead of within a minute."""
    database = Database(stack.settings["DATABASE_URL"], durable=False)
    with database.transaction() as connection:
        schedules.change(connection, schedule_id, {"next_run_at": datetime.now(UTC) - timedelta(seconds=1)})
    database.close()


def test_two_beats_fire_a_schedule_once_and_a_worker_does_it(stack: Stack, user: User) -> None:
    monitor = user.add_monitor(URL)
    schedule = {"name": "小时", "cron": "0 0 1 1 *", "task_type": "pull_hosts", "params": {"monitor_id": monitor}}
    schedule_id = user.post("/schedules", 201, schedule)["id"]
    beats = [start_beat(stack, name) for name in ("beat1", "beat2")]
    wait_for(lambda: all((stack.folder / beat.name).exists() for beat in beats), "both to look")
    make_due(stack, schedule_id)
    wait_for(lambda: user.all("/tasks", type="pull_hosts"), "the schedule to fire")
    [task] = user.all("/tasks", type="pull_hosts")
    assert task["state"] == "queued"
    beats[0].kill()
    stack.start_worker()
    assert user.end(task["task_id"])["state"] == "succeeded"

    make_due(stack, schedule_id)
    wait_for(lambda: len(user.all("/tasks", type="pull_hosts")) == 2, "the schedule to fire again")
    assert user.get(f"/schedules/{schedule_id}")["last_error"] is None
    beats[1].process.send_signal(signal.SIGTERM)
    assert beats[1].process.wait(10) == 0
    user.call("DELETE", f"/schedules/{schedule_id}", 204)
