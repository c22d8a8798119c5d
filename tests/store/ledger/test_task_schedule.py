"""Tasks that are scheduled for later cost nothing until they are due."""

import re
from datetime import timedelta

from sqlalchemy import Connection

from app.store.ledger import task_claims, task_messages, task_runs
from app.store.operation import due_work
from tests.store.plans import plans_of
from tests.store.rows import LATER, NOW, add_run

MANY = 10_000


def add_scheduled(connection: Connection, number: int = 1) -> str:
    return add_run(connection, number, published_at=LATER, next_run_at=LATER)


def add_many_scheduled(connection: Connection) -> None:
    row = {"type": "pull_hosts", "state": "queued", "params": {}, "max_retries": 3, "created_at": NOW}
    row |= {"published_at": LATER, "next_run_at": LATER}
    ids = [f"pull_hosts:{number:08d}-0000-7000-8000-000000000000" for number in range(MANY)]
    task_runs.add(connection, [{**row, "id": task_id} for task_id in ids])


def test_a_scheduled_task_is_due_at_its_time(connection: Connection) -> None:
    task_id = add_scheduled(connection)
    early = LATER - timedelta(microseconds=1)
    assert due_work.find(connection, early) == set()
    assert task_messages.requeue_due(connection, early, 9) == []
    assert task_messages.claim_publishing(connection, [task_id], early) == []
    assert task_claims.claim(connection, task_id, "pull_hosts", "worker/1", early) is None
    assert not task_claims.hold(connection, task_id, "pull_hosts", early)
    assert due_work.find(connection, LATER) == {due_work.Due.MESSAGES}
    assert task_messages.requeue_due(connection, LATER, 9) == [task_id]
    assert task_messages.unpublished(connection, 9) == [task_id]
    assert task_messages.claim_publishing(connection, [task_id], LATER) == [("pull_hosts", task_id)]
    assert due_work.find(connection, LATER) == set()


def test_a_scheduled_task_is_neither_waiting_nor_lost(connection: Connection) -> None:
    task_id = add_scheduled(connection)
    long_after = LATER + timedelta(days=1)
    assert task_messages.waiting_counts(connection) == task_messages.queued_counts(connection, long_after) == {}
    assert task_messages.queued_since(connection) == task_messages.waiting_since(connection, [task_id]) == {}
    assert task_messages.queued_ids(connection, "pull_hosts", long_after) == []
    assert task_messages.unpublished(connection, 9) == []


def test_a_task_whose_message_an_older_release_published_at_its_time_runs(connection: Connection) -> None:
    task_id = add_scheduled(connection)
    claim = task_claims.claim(connection, task_id, "pull_hosts", "worker/1", LATER)
    assert claim is not None and claim["attempt"] == 1


def test_the_look_of_each_second_reads_no_task_that_is_not_due(connection: Connection) -> None:
    add_many_scheduled(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE task_runs")
    with plans_of(connection) as plans:
        due_work.find(connection, NOW)
        task_messages.is_any_due(connection, NOW)
        task_messages.unpublished(connection, 9)
        task_messages.queued_counts(connection, NOW)
        task_messages.waiting_since(connection, [])
    assert len(plans) == 8
    plan = "\n".join(plans)
    assert not re.search(r"Seq Scan on task_runs|SCAN task_runs(?! USING INDEX ix_task_runs_running)", plan), plan
    assert "ix_task_runs_created_at_id" not in plan, plan
    assert plan.count("ix_task_runs_queued") == plan.count("(published_at") == 5, plan
