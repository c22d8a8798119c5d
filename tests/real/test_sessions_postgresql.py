"""What hangs on PostgreSQL is ended, by an error that says that trying again can help."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC

import pytest
from sqlalchemy import Connection, bindparam, func, select, text

from app.errors import DatabaseUnavailable
from app.models import Monitor, TaskRun
from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from app.store.database.prepared_statements import Prepared
from app.store.ledger import task_claims
from tests.real.services_postgresql import migrated
from tests.store.rows import NOW, add_monitor, add_run

__all__ = ["migrated"]

pytestmark = pytest.mark.real

SLEEP = text("SELECT pg_sleep(60)")


@pytest.fixture
def database(migrated: str) -> Iterator[Database]:
    """Return a database whose statements may take a fifth of a second."""
    database = Database(
        migrated, durable=False, postgresql=PostgresqlOptions("nagare test", 2, statement_timeout_s=0.2)
    )
    yield database
    database.close()


def show(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"SHOW {name}").scalar_one()


def test_a_statement_that_takes_too_long_is_ended(database: Database) -> None:
    sleep = Prepared(select(func.pg_sleep(bindparam("s"))))
    for run in (lambda connection: connection.execute(SLEEP), lambda connection: sleep.find(connection, {"s": 60})):
        with pytest.raises(DatabaseUnavailable, match="statement timeout") as error, database.transaction() as each:
            run(each)
        assert error.value.retryable
    database.ping()


def test_a_wait_for_a_lock_is_ended_sooner(database: Database) -> None:
    with database.transaction() as connection:
        task_id = add_run(connection)
    locked = select(TaskRun.id).where(TaskRun.id == task_id).with_for_update()
    with database.transaction() as one:
        one.execute(locked)
        with pytest.raises(DatabaseUnavailable, match="lock timeout"), database.transaction() as other:
            other.execute(locked)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM task_runs"))


def test_so_is_a_claim_that_waits_for_its_monitor(database: Database) -> None:
    with database.transaction() as connection:
        monitor_id = add_monitor(connection)
        task_id = add_run(connection, monitor_id=monitor_id)
    with database.transaction() as one:
        one.execute(select(Monitor.id).where(Monitor.id == monitor_id).with_for_update())
        with pytest.raises(DatabaseUnavailable, match="lock timeout"), database.single_statement() as other:
            task_claims.claim(other, task_id, "pull_hosts", "worker/1", NOW)
    with database.single_statement() as statement:
        assert task_claims.claim(statement, task_id, "pull_hosts", "worker/1", NOW) is not None
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM task_runs"))
        connection.execute(text("DELETE FROM monitors"))


def test_a_transaction_that_stands_still_is_ended(migrated: str, database: Database) -> None:
    with pytest.raises(DatabaseUnavailable), database.transaction() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        wait_until_gone(migrated, pid)
        connection.exec_driver_sql("SELECT 1")
    database.ping()


def test_connections_that_were_ended_while_they_lay_in_the_pool_are_replaced(migrated: str, database: Database) -> None:
    with database.reading() as one, database.reading() as other:
        pids = [each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in (one, other)]
    killer = Database(migrated, durable=False)
    for pid in pids:
        with killer.transaction() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        wait_until_gone(migrated, pid)
    killer.close()
    with database.reading() as one, database.reading() as other:
        assert {each.exec_driver_sql("SELECT 1").scalar_one() for each in (one, other)} == {1}


def wait_until_gone(url: str, pid: int) -> None:
    other = Database(url, durable=False)
    with other.unmanaged() as connection:
        statement = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        while connection.execute(statement, {"pid": pid}).scalar_one():
            connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    other.close()


def test_what_is_long_by_nature_has_its_time(database: Database) -> None:
    with database.transaction(is_long=True) as connection:
        assert show(connection, "statement_timeout") == "0"
        connection.execute(text("SELECT pg_sleep(0.5)"))
    with database.reading() as connection:
        assert show(connection, "statement_timeout") == "200ms"
        assert show(connection, "application_name") == "nagare test"


def test_moments_come_in_utc_wherever_the_server_is(migrated: str) -> None:
    with closing(Database(migrated, durable=False)) as there, there.transaction() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f"""ALTER DATABASE "{name}" SET TimeZone = 'Asia/Shanghai'""")
    with closing(Database(migrated, durable=False)) as database, database.reading() as connection:
        now = connection.exec_driver_sql("SELECT now()").scalar_one()
        assert now.tzinfo is UTC


def test_behind_a_pooler_nothing_is_prepared_or_set(migrated: str) -> None:
    database = Database(migrated, durable=False, postgresql=PostgresqlOptions("x", 1, 60, through_pooler=True))
    with database.reading() as connection:
        for _ in range(10):
            connection.execute(text("SELECT 1"))
        assert connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one() == 0
        assert show(connection, "statement_timeout") == "0"
    database.close()
