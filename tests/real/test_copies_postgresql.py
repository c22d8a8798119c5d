"""A filled instance moves from SQLite to PostgreSQL, from there to another PostgreSQL, and back."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.composition import Services
from app.errors import Conflict, Invalid
from app.store.database.engine import Database
from tests.real.postgres_lab import create_database, execute
from tests.services.conftest import monitor_id, services, template, time
from tests.services.operation.test_database_copy import assert_same, assert_work_goes_on, copy, source

__all__ = ["monitor_id", "services", "source", "template", "time"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("forked_sender")]


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[list[str]]:
    """Yield the addresses of two empty databases."""
    names = [f"copies_{number}_{os.getpid()}" for number in range(2)]
    yield [create_database(postgres_server, name) for name in names]
    for name in names:
        execute(postgres_server, f'drop database "{name}" with (force)')


def test_nothing_is_missing_after_a_way_round(
    services: Services, source: str, postgres: list[str], tmp_path: Path
) -> None:
    there, beside = postgres
    back = f"sqlite:///{tmp_path / 'back.db'}"
    copy(source, there)
    assert_same(source, there)
    with closing(Database(there, durable=False)) as database, database.transaction() as connection:
        # A number that was given out and is not to be seen any more is not given out again.
        connection.execute(text("SELECT setval('users_id_seq', 41)"))
        null = connection.execute(text("SELECT count(*) FROM task_runs WHERE result IS NULL")).scalar_one()
        assert null > 0
    copy(there, beside)
    assert_same(there, beside)
    copy(beside, back)
    assert_same(source, back)
    assert_work_goes_on(services, there, first_user_id=42)
    assert_work_goes_on(services, beside, first_user_id=42)
    assert_work_goes_on(services, back, first_user_id=42)


def test_a_source_in_use_is_refused(source: str, postgres: list[str]) -> None:
    there, beside = postgres
    copy(source, there)
    with closing(Database(there, durable=False)) as database, database.reading() as connection:
        connection.execute(text("SET application_name = 'nagare worker'"))
        with pytest.raises(Conflict, match=r"stop nagare first .nagare worker is connected"):
            copy(there, beside)


def test_a_row_that_postgresql_does_not_take_is_told_without_its_value(source: str, postgres: list[str]) -> None:
    with closing(Database(source, durable=False)) as database, database.transaction() as connection:
        connection.execute(text("UPDATE monitors SET username = :long"), {"long": "hunter22" * 100})
    with pytest.raises(
        Invalid, match=r"too long for type character varying\(200\) .COPY monitors, line 1, column"
    ) as told:
        copy(source, postgres[0])
    assert "hunter22" not in str(told.value)
    with closing(Database(source, durable=False)) as database, database.transaction() as connection:
        connection.execute(text("UPDATE monitors SET username = 'short'"))
    copy(source, postgres[0])
    assert_same(source, postgres[0])
