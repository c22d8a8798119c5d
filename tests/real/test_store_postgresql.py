"""The store's suite on a real PostgreSQL."""

import pytest
from sqlalchemy import bindparam, func, select

from app.errors import DatabaseUnavailable
from app.models import TaskRun
from app.store import task_claims
from app.store.engine import Database
from app.store.prepared import Prepared
from tests.store.conftest import connection, database, migrated
from tests.store.rows import NOW
from tests.store.test_alert_sums import *  # noqa: F403
from tests.store.test_alerts import *  # noqa: F403
from tests.store.test_connections import *  # noqa: F403
from tests.store.test_due import *  # noqa: F403
from tests.store.test_engine import *  # noqa: F403
from tests.store.test_inventory import *  # noqa: F403
from tests.store.test_item_values import *  # noqa: F403
from tests.store.test_migrations import *  # noqa: F403
from tests.store.test_prepared import *  # noqa: F403
from tests.store.test_pulled_items import *  # noqa: F403
from tests.store.test_task_runs import *  # noqa: F403

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
        with pytest.raises(DatabaseUnavailable), database.at_once() as connection:
            found = who.find(connection, {})
            with database.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend((found or {})["pid"])))
            task_claims.claim(connection, "x", "worker/1", NOW)
        for _ in range(2):
            with database.at_once() as connection:
                assert task_claims.claim(connection, "x", "worker/1", NOW) is None
