"""The ledger's statements."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.ledger import dead_letters, task_attempts, task_claims, task_fingerprints, task_messages, task_runs
from app.store.ledger.dead_letters import LetterFilter
from app.store.ledger.task_steps import TaskStep
from tests.store.rows import LATER, NOW, add_monitor, add_run


def state(connection: Connection, task_id: str) -> str:
    run = task_runs.find(connection, task_id)
    assert run is not None
    return str(run["state"])


def test_of_many_claims_at_once_one_wins(database: Database) -> None:
    with database.transaction() as connection:
        task_id = add_run(connection)

    def claim(number: int) -> bool:
        with database.single_statement() as statement:
            return task_claims.claim(statement, task_id, "pull_hosts", f"worker/{number}", NOW) is not None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(16))) == 1


def test_a_task_of_another_type_is_neither_claimed_nor_held(database: Database) -> None:
    with database.transaction() as connection:
        task_id = add_run(connection)
        before = task_runs.find(connection, task_id)
        assert task_claims.claim(connection, task_id, "generate_alerts", "worker/1", NOW) is None
        assert not task_claims.hold(connection, task_id, "generate_alerts", NOW)
        assert task_runs.find(connection, task_id) == before
        assert task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW) is not None


def test_a_monitor_runs_no_more_tasks_at_once_than_it_may(database: Database) -> None:
    with database.transaction() as connection:
        monitor_id = add_monitor(connection, max_parallel_tasks=3)
        ids = [add_run(connection, number, monitor_id=monitor_id) for number in range(12)]
        other = add_run(connection, 99)

    def claim(task_id: str) -> bool:
        with database.single_statement() as statement:
            return task_claims.claim(statement, task_id, "pull_hosts", "worker/1", NOW) is not None

    with ThreadPoolExecutor(8) as threads:
        claimed = dict(zip(ids, threads.map(claim, ids), strict=True))
    assert sum(claimed.values()) == 3
    assert claim(other)
    with database.transaction() as connection:
        held = [task_id for task_id in ids if not claimed[task_id]]
        assert all(task_claims.hold(connection, task_id, "pull_hosts", NOW) for task_id in held)
        assert task_messages.releasable(connection, 100) == []
        assert task_messages.unpublished(connection, 100) == []
        done = next(task_id for task_id in ids if claimed[task_id])
        assert task_runs.succeed(connection, done, 1, {}, LATER) is True
        assert task_messages.releasable(connection, 100) == held[:1]
        released = task_messages.release_next(connection, monitor_id, LATER)
        assert released == [("pull_hosts", held[0])]
        assert task_messages.release_next(connection, monitor_id + 1, LATER) == []


def test_a_change_of_another_attempt_is_refused(connection: Connection) -> None:
    task_id = add_run(connection)
    assert task_runs.succeed(connection, task_id, 1, {}, NOW) is None
    run = task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
    assert run is not None and run["attempt"] == 1
    assert task_claims.claim(connection, task_id, "pull_hosts", "worker/2", NOW) is None
    assert not task_runs.renew(connection, task_id, 2)
    assert task_runs.renew(connection, task_id, 1)
    assert not task_runs.set_progress(connection, task_id, 2, TaskStep(1, 2, ""))
    assert not task_runs.bury(connection, task_id, 2, NOW, "x", "y")
    assert task_runs.running_beats(connection) == {task_id: (1, 1)}
    assert task_runs.succeed(connection, task_id, 1, {"seen": 1}, LATER) is False
    assert task_runs.succeed(connection, task_id, 1, {}, LATER) is None
    assert not task_runs.cancel(connection, task_id, LATER)
    assert state(connection, task_id) == "succeeded"


def test_a_task_that_was_handed_back_has_not_used_an_attempt(connection: Connection) -> None:
    task_id = add_run(connection)
    task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
    assert task_runs.hand_back(connection, task_id, 1, LATER)
    assert not task_runs.hand_back(connection, task_id, 1, LATER)
    again = task_claims.claim(connection, task_id, "pull_hosts", "worker/2", LATER)
    assert again is not None and again["attempt"] == 2
    run = task_runs.find(connection, task_id)
    assert run is not None and run["attempts"] == 1


def test_retries_come_back_when_they_are_due(connection: Connection) -> None:
    task_id = add_run(connection)
    task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
    assert task_runs.schedule_retry(connection, task_id, 1, LATER, "timeout", "late")
    assert not task_messages.is_any_due(connection, NOW)
    assert task_messages.requeue_due(connection, NOW, 10) == []
    assert task_messages.is_any_due(connection, LATER)
    assert task_messages.requeue_due(connection, LATER, 10) == [task_id]
    assert task_messages.unpublished(connection, 10) == [task_id]
    assert task_messages.claim_publishing(connection, [task_id], LATER) == [("pull_hosts", task_id)]
    assert task_messages.unpublished(connection, 10) == []


def test_a_cancelled_retry_does_not_come_back(connection: Connection) -> None:
    task_id = add_run(connection)
    task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
    task_runs.schedule_retry(connection, task_id, 1, LATER, "timeout", "late")
    assert task_runs.cancel(connection, task_id, NOW)
    assert task_messages.requeue_due(connection, LATER, 10) == []


def test_pages_skip_and_repeat_nothing_while_rows_come(connection: Connection) -> None:
    ids = [add_run(connection, number) for number in range(25)]
    seen: list[str] = []
    page = task_runs.fetch(connection, PageRequest(limit=4))
    for number in range(100, 200):
        seen += [row["task_id"] for row in page.items]
        add_run(connection, number)
        if page.next_cursor is None:
            break
        page = task_runs.fetch(connection, PageRequest(4, page.next_cursor))
    assert seen == ids[::-1]


def test_a_dead_task_gets_a_fresh_count_and_keeps_its_history(connection: Connection) -> None:
    task_id = add_run(connection)
    for attempt in (1, 2):
        task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
        row = {"task_id": task_id, "attempt": attempt, "finished_at": NOW, "reason": "timeout", "error": "late"}
        task_attempts.add(connection, row)
        task_runs.schedule_retry(connection, task_id, attempt, NOW, "timeout", "late")
        task_messages.requeue_due(connection, NOW, 1)
    task_claims.claim(connection, task_id, "pull_hosts", "worker/1", NOW)
    assert task_runs.bury(connection, task_id, 3, NOW, "timeout", "100% late")
    assert dead_letters.count(connection) == 1
    assert dead_letters.count(connection, LetterFilter(q="100%")) == 1
    assert dead_letters.count(connection, LetterFilter(q="10_%")) == 0
    assert dead_letters.revive(connection, task_id, LATER)
    assert dead_letters.count(connection) == 0
    task_claims.claim(connection, task_id, "pull_hosts", "worker/1", LATER)
    run = task_runs.find(connection, task_id)
    assert run is not None and run["attempts"] == 1
    assert [attempt["attempt"] for attempt in task_attempts.history(connection, task_id)] == [1, 2]


def test_old_history_is_pruned_but_never_a_dead_letter(connection: Connection) -> None:
    old, recent = NOW - timedelta(days=40), NOW - timedelta(days=1)
    done = add_run(connection, 1, state="succeeded", finished_at=old)
    dead = add_run(connection, 2, state="dead", finished_at=old)
    discarded = add_run(connection, 3, state="dead", finished_at=old, discarded_at=old)
    fresh = add_run(connection, 4, state="succeeded", finished_at=recent)
    task_attempts.add(
        connection, {"task_id": done, "attempt": 1, "finished_at": old, "reason": "timeout", "error": "late"}
    )
    assert task_runs.prune(connection, NOW - timedelta(days=30), 10) == 2
    assert {task_id for task_id in (done, dead, discarded, fresh) if task_runs.find(connection, task_id)} == {
        dead,
        fresh,
    }
    assert task_attempts.history(connection, done) == []


def test_the_same_work_is_found_while_it_has_not_ended(connection: Connection) -> None:
    task_fingerprints.lock_fingerprint(connection, "f")
    assert task_fingerprints.find_unfinished(connection, "f") is None
    task_id = add_run(connection, 1, fingerprint="f")
    assert task_fingerprints.find_unfinished(connection, "f") == task_id
    task_runs.cancel(connection, task_id, NOW)
    assert task_fingerprints.find_unfinished(connection, "f") is None


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT id FROM task_runs WHERE state = 'queued' AND published_at IS NULL", "ix_task_runs_queued"),
        ("SELECT id FROM task_runs WHERE state = 'retrying' AND next_run_at <= '2026-01-01'", "ix_task_runs_retrying"),
        ("SELECT count(*) FROM task_runs WHERE state = 'running' AND monitor_id = 1", "ix_task_runs_running"),
        (
            "SELECT id FROM task_runs WHERE state = 'dead' AND discarded_at IS NULL ORDER BY finished_at, id LIMIT 5",
            "ix_task_runs_dead",
        ),
    ],
)
def test_what_the_recovery_asks_each_second_uses_an_index(connection: Connection, statement: str, index: str) -> None:
    enough = {index}
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(text(f"EXPLAIN {statement}"))
        # In an empty table this one, which holds no finished task either, costs the same to the planner.
        enough.add("ix_task_runs_unfinished")
    else:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
    shown = str(plan.all())
    assert any(name in shown for name in enough)
