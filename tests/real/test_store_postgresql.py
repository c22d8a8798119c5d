"""The store's suite on a real PostgreSQL."""

from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, event, func, select

from app.enums import TaskState
from app.errors import DatabaseUnavailable
from app.models import TaskRun
from app.store.database.engine import Database
from app.store.database.prepared_statements import Prepared
from app.store.ledger import parent_tasks, task_claims, task_messages, task_runs
from tests.store.alerts.test_alert_labels import *  # noqa: F403
from tests.store.alerts.test_alert_sums import *  # noqa: F403
from tests.store.alerts.test_alerts import *  # noqa: F403
from tests.store.alerts.test_severities import *  # noqa: F403
from tests.store.conftest import connection, database, migrated
from tests.store.database.test_bulk_rows import *  # noqa: F403
from tests.store.database.test_connection_pool import *  # noqa: F403
from tests.store.database.test_engine import *  # noqa: F403
from tests.store.database.test_prepared_statements import *  # noqa: F403
from tests.store.database.test_traced_statements import *  # noqa: F403
from tests.store.inventory.test_gone_hosts import *  # noqa: F403
from tests.store.inventory.test_inventory import *  # noqa: F403
from tests.store.inventory.test_item_values import *  # noqa: F403
from tests.store.inventory.test_pulled_items import *  # noqa: F403
from tests.store.inventory.test_value_summaries import *  # noqa: F403
from tests.store.ledger.test_task_lists import *  # noqa: F403
from tests.store.ledger.test_task_runs import *  # noqa: F403
from tests.store.ledger.test_task_schedule import *  # noqa: F403
from tests.store.operation.test_due_work import *  # noqa: F403
from tests.store.operation.test_migrations import *  # noqa: F403
from tests.store.rows import NOW, add_run
from tests.store.selection.test_alert_lists import *  # noqa: F403
from tests.store.selection.test_alert_matches import *  # noqa: F403

__all__ = ["connection", "database", "migrated"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def sql_url(postgres_url: str) -> str:
    return postgres_url


def test_a_connection_that_is_gone_is_told_and_not_used_again(database: Database) -> None:
    statement = Prepared(select(TaskRun.id).where(TaskRun.id == bindparam("task")))
    with pytest.raises(DatabaseUnavailable), database.transaction() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with database.engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        statement.find(connection, {"task": "x"})
    with database.transaction() as connection:
        assert statement.find(connection, {"task": "x"}) is None


def test_so_is_one_that_is_gone_when_a_task_is_claimed(database: Database) -> None:
    who = Prepared(select(func.pg_backend_pid().label("pid")))
    with database.kept_open():
        with pytest.raises(DatabaseUnavailable), database.single_statement() as statement:
            found = who.find(statement, {})
            with database.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend((found or {})["pid"])))
            task_claims.claim(statement, "x", "pull_hosts", "worker/1", NOW)
        for _ in range(2):
            with database.single_statement() as statement:
                assert task_claims.claim(statement, "x", "pull_hosts", "worker/1", NOW) is None


def test_a_task_is_found_by_its_id_although_few_waited_when_the_rows_were_counted(connection: Connection) -> None:
    for number in range(300):
        add_run(connection, number, state=TaskState.SUCCEEDED)
    connection.exec_driver_sql("ANALYZE task_runs")
    plans: list[str] = []

    def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("EXPLAIN"):
            plans.append("\n".join(str(row[0]) for row in cursor.execute(f"EXPLAIN {statement}", parameters)))

    event.listen(connection, "before_cursor_execute", explain)
    connection.execute(task_claims.CLAIM.statement, {"task": "x", "kind": "pull_hosts", "by": "worker/1", "now": NOW})
    connection.execute(task_runs.RENEW.statement, {"task": "x", "mine": 1})
    connection.execute(task_runs.SUCCEED.statement, {"task": "x", "mine": 1, "outcome": {}, "now": NOW})
    task_runs.lock_running(connection, "x")
    task_runs.schedule_retry(connection, "x", 1, NOW, "reason", "error")
    parent_tasks.leave_worker(connection, "x", 1)
    task_claims.hold(connection, "x", "pull_hosts", NOW)
    task_messages.mark_unpublished(connection, ["x"])
    task_messages.claim_publishing(connection, ["x"], NOW)
    assert len(plans) == 9
    for plan in plans:
        assert "pk_task_runs" in plan, plan
        assert "ix_task_runs_unfinished" not in plan, plan
        # Those that were not published are few.
        assert "ix_task_runs_queued" not in plan or "Index Cond: (published_at IS NULL)" in plan, plan
