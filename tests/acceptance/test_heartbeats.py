"""Heartbeats with a real API and a real worker that leads."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx

from app.store.database.engine import Database
from app.store.liveness import heartbeats, ping_reception
from tests.acceptance.stack import Stack
from tests.acceptance.user import User
from tests.cli.processes import wait_for

BACKUP = {"name": "备份", "interval_s": 3600, "grace_s": 10, "labels": {"host": "db-01"}}


def test_a_backup_that_stops_is_told_and_its_return_too(stack: Stack, user: User) -> None:
    made = user.post("/heartbeats", 201, BACKUP)
    path = f"/heartbeats/{made['id']}"
    assert httpx.post(made["url"], content="12 GB written").json() == {"message": "OK", "status": "up"}
    with closing(Database(stack.settings["DATABASE_URL"], durable=False)) as database:
        wait_for(lambda: is_received(database), "the API to note that it receives pings")
        stack.start_worker()
        with database.transaction() as connection:
            # Its time comes now instead of within an hour.
            heartbeats.change(connection, made["id"], {"due_at": datetime.now(UTC) - timedelta(seconds=11)})
    wait_for(lambda: user.get(path)["status"] == "down", "the worker to notice")
    [alert] = user.all("/alerts", source="nagare")
    assert (alert["message"], alert["status"], alert["host"]) == ("Heartbeat 备份 is late", 0, "db-01")
    assert "12 GB written" in alert["description"]
    assert httpx.get(f"{made['url']}/0").json()["status"] == "up"
    assert user.get(f"/alerts/{alert['id']}")["status"] == 2
    assert made["token"] not in "".join(program.printed for program in stack.programs)
    user.call("DELETE", path, 204)


def is_received(database: Database) -> bool:
    with database.reading() as connection:
        return ping_reception.received_until(connection) is not None
