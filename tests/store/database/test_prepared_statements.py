"""Prepared statements do what SQLAlchemy would do with the same statement."""

from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.errors import ConcurrentChange
from app.models import TaskRun
from app.store.database.dialects import table_of
from app.store.database.engine import Database
from app.store.database.prepared_reads import PreparedRead
from app.store.database.prepared_statements import Prepared
from tests.store.rows import NOW, add_run

RUNS = TaskRun.__table__.c
COLUMNS = (
    RUNS.id,
    RUNS.state,
    RUNS.params,
    RUNS.attempt.label("tries"),
    RUNS.created_at,
    RUNS.finished_at,
    RUNS.result,
)
SELECT = select(*COLUMNS).where(RUNS.id == bindparam("task"), RUNS.max_retries == 3)
UPDATE = (
    update(table_of(TaskRun))
    .where(RUNS.id == bindparam("task"))
    .values(result=bindparam("outcome"), finished_at=bindparam("at"), attempt=RUNS.attempt + 1)
    .returning(*COLUMNS)
)


def test_a_row_comes_back_as_from_sqlalchemy(connection: Connection) -> None:
    task_id = add_run(connection, params={"名": ["é", 1, None]}, created_at=NOW)
    values = {"task": task_id}
    assert PreparedRead(SELECT).find(connection, values) == dict(connection.execute(SELECT, values).mappings().one())
    assert PreparedRead(SELECT).find(connection, {"task": "none"}) is None


@pytest.mark.parametrize("outcome", [{"见": 1}, [], None])
def test_a_change_is_written_and_returned_as_by_sqlalchemy(connection: Connection, outcome: Any) -> None:
    task_id = add_run(connection, created_at=NOW)
    values = {"task": task_id, "outcome": outcome, "at": NOW}
    changed = Prepared(UPDATE).find(connection, values)
    assert changed == dict(connection.execute(SELECT, {"task": task_id}).mappings().one())
    assert changed is not None
    assert (changed["result"], changed["finished_at"], changed["tries"]) == (outcome, NOW, 1)


def test_it_tells_how_many_rows_it_changed(connection: Connection) -> None:
    task_id = add_run(connection)
    plain = Prepared(update(table_of(TaskRun)).where(RUNS.id == bindparam("task")).values(beat=RUNS.beat + 1))
    assert plain.run(connection, {"task": task_id}) == 1
    assert plain.run(connection, {"task": "none"}) == 0


def test_a_new_task_has_no_result_at_all_instead_of_the_null_of_json(connection: Connection) -> None:
    task_id = add_run(connection)
    assert connection.execute(select(RUNS.id).where(RUNS.result.is_(None))).scalars().all() == [task_id]


def test_errors_are_those_of_sqlalchemy_and_show_no_values(database: Database) -> None:
    with database.transaction() as connection:
        add_run(connection, 1)
    is_postgresql = database.engine.dialect.name == "postgresql"
    with (
        pytest.raises(ConcurrentChange if is_postgresql else IntegrityError) as caught,
        database.transaction() as connection,
    ):
        add_run(connection, 1, params={"a": "a secret"})
    assert "a secret" not in str(caught.value)
    statement = Prepared(insert(table_of(TaskRun)), keys=["id"])
    with pytest.raises((IntegrityError, ProgrammingError)), database.transaction() as connection:
        statement.run(connection, {"id": "x"})
