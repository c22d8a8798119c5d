"""A monitor whose system dies has one alert, which ends when the system is back; real workers look."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from app.models import Watch, WatchedPeriod
from app.store.database.engine import Database
from app.store.ledger import schedules
from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for

DEAD = "simulator://demo?hosts=3&items=2&fail=1"
WELL = "simulator://demo?hosts=3&items=2"


@contextmanager
def database(stack: Stack) -> Iterator[Connection]:
    with closing(Database(stack.settings["DATABASE_URL"], durable=False)) as opened, opened.transaction() as connection:
        yield connection


def end_next_run(stack: Stack, user: User, schedule_id: int) -> Json:
    """Let the schedule's time come until it has fired, and wait until its task has ended.

    Once is not enough: at a full minute the schedule fires by itself, and while that task runs it fires no other.
    """
    before = user.get(f"/schedules/{schedule_id}")["last_task_id"]

    def has_fired() -> bool:
        if user.get(f"/schedules/{schedule_id}")["last_task_id"] != before:
            return True
        with database(stack) as connection:
            schedules.change(connection, schedule_id, {"next_run_at": datetime.now(UTC) - timedelta(seconds=1)})
        return False

    wait_for(has_fired, "the schedule to fire")
    ended: Json = user.end(user.get(f"/schedules/{schedule_id}")["last_task_id"])
    return ended


def has_looked(stack: Stack, since: datetime) -> bool:
    with database(stack) as connection:
        looked_at = connection.execute(select(func.max(WatchedPeriod.__table__.c.ended_at))).scalar_one()
    return looked_at is not None and looked_at >= since


def run_for_an_hour(stack: Stack) -> None:
    """Let it be as if the leader had looked for the last hour."""
    now = datetime.now(UTC)
    with database(stack) as connection:
        hour_ago = now - timedelta(hours=1)
        connection.execute(update(Watch).values(since=hour_ago))
        connection.execute(update(WatchedPeriod).values(began_at=hour_ago, ended_at=now))


@pytest.fixture
def started_at() -> datetime:
    return datetime.now(UTC)


def test_a_monitor_whose_system_dies_has_one_alert_until_it_is_back(
    stack: Stack, user: User, started_at: datetime
) -> None:
    monitor = user.add_monitor(DEAD, name="上海")
    schedule = {"name": "分钟", "cron": "* * * * *", "task_type": "pull_alerts", "params": {"monitor_id": monitor}}
    schedule_id = user.post("/schedules", 201, schedule)["id"]
    worker = stack.start_worker()
    wait_for(lambda: has_looked(stack, started_at), "the leader to look")
    assert end_next_run(stack, user, schedule_id)["state"] == "dead"
    worker.kill()
    assert user.all("/alerts") == []

    run_for_an_hour(stack)
    worker = stack.start_worker()
    wait_for(lambda: user.all("/alerts"), "the alert")
    [alert] = user.all("/alerts")
    assert (alert["source"], alert["severity"], alert["status"], alert["count"]) == ("nagare", 2, 0, 1)
    assert alert["message"].startswith("上海 is silent: no pull of alerts has succeeded since")
    assert "simulat" in alert["message"]

    user.change_monitor(monitor, url=WELL)
    assert end_next_run(stack, user, schedule_id)["state"] == "succeeded"
    worker.kill()
    stack.start_worker()
    wait_for(lambda: user.all("/alerts")[0]["status"] == 2, "the alert to end")
    kinds = [event["kind"] for event in user.all(f"/alerts/{alert['id']}/events")]
    assert kinds == ["resolved", "fired"]
    user.call("DELETE", f"/schedules/{schedule_id}", 204)
