"""What the leader of the recovery is told to do."""

from sqlalchemy import Connection

from app.store.alerts import maintenance, suppression
from app.store.ledger import task_claims, task_messages, task_runs
from app.store.operation import due_work
from app.store.operation.due_work import Due
from tests.store.rows import LATER, NOW, add_run


def test_nothing_is_due_in_an_empty_database(connection: Connection) -> None:
    assert due_work.find(connection, NOW) == set()


def test_a_task_is_due_until_it_is_published_and_watched_while_it_runs(connection: Connection) -> None:
    task_id = add_run(connection)
    task_messages.mark_unpublished(connection, [task_id])
    assert due_work.find(connection, NOW) == {Due.MESSAGES}
    task_messages.claim_publishing(connection, [task_id], NOW)
    assert due_work.find(connection, NOW) == set()
    task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
    assert due_work.find(connection, NOW) == {Due.RUNNING}
    task_runs.schedule_retry(connection, task_id, 1, LATER, "timeout", "late")
    assert due_work.find(connection, NOW) == set()
    assert due_work.find(connection, LATER) == {Due.MESSAGES}


def test_suppression_is_due_when_a_window_begins_and_when_it_ends(connection: Connection) -> None:
    row = {"name": "维护", "comment": "", "starts_at": NOW, "ends_at": LATER, "created_at": NOW}
    maintenance.add(connection, {**row, "created_by": "op", "is_applied": False})
    assert due_work.find(connection, NOW) == {Due.SUPPRESSION}
    suppression.mark_applied(connection, NOW)
    assert due_work.find(connection, NOW) == set()
    assert due_work.find(connection, LATER) == {Due.SUPPRESSION}
