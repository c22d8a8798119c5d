"""Migrations on a PostgreSQL on which an instance of the version before goes on to work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app.store.database.engine import Database
from app.store.database.postgresql_options import PostgresqlOptions
from app.store.operation import migrate, schema_revision
from app.store.operation.migrate import downgrade, upgrade
from bench.fleet import FleetSize, add_alerts, add_items, add_tasks
from tests.cli.processes import wait_for

pytestmark = pytest.mark.real

BEFORE = "0008"
ROWS = 20_000
MONITOR = """
    INSERT INTO monitors (name, type, url, enabled, status, created_at)
    VALUES ('fleet', 'simulator', 'simulator://demo', true, 'ok', now())
"""
WRITES = (
    """
    INSERT INTO task_runs (id, type, state, params, attempt, first_attempt, max_retries, beat, created_at,
        progress_done, progress_message)
    VALUES ('pull_hosts:' || gen_random_uuid(), 'pull_hosts', 'queued', '{}', 0, 0, 3, 0, now(), 0, '')
    """,
    "UPDATE items SET name = 'written ' || :number, value = '1' WHERE id = :number",
    "UPDATE alerts SET status = 1 WHERE id = :number",
)
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'nagare migrate' AND wait_event_type = 'Lock'
"""


@pytest.fixture
def old(postgres_url: str) -> Iterator[str]:
    """Return the address of a database of the version before, with some rows in its big tables."""
    upgrade(postgres_url)
    downgrade(postgres_url, "base")
    upgrade(postgres_url, BEFORE)
    with closing(Database(postgres_url, durable=False)) as database, database.transaction() as connection:
        connection.execute(text(MONITOR))
        add_items(connection, FleetSize(hosts=100, items=ROWS, alerts=0, tasks=0))
        add_alerts(connection, ROWS, hosts=100)
        add_tasks(connection, ROWS)
    yield postgres_url
    upgrade(postgres_url)


class Writer:
    """Writes as a worker of the version before does; a statement that has to wait for long makes it fail."""

    def __init__(self, url: str) -> None:
        self.written = 0
        self._url = url
        self._is_over = Event()

    def stop(self) -> None:
        self._is_over.set()

    def write(self) -> None:
        options = PostgresqlOptions("nagare worker", statement_timeout_s=10)
        with closing(Database(self._url, durable=False, postgresql=options)) as database:
            while not self._is_over.is_set():
                with database.transaction() as connection:
                    for statement in map(text, WRITES):
                        number = {"number": 1 + self.written % ROWS} if ":number" in statement.text else {}
                        connection.execute(statement, number)
                self.written += 1


def read(url: str, statement: str) -> object:
    with closing(Database(url, durable=False)) as database, database.reading() as connection:
        return connection.execute(text(statement)).scalar_one()


def wait_for_more(writer: Writer, count: int) -> None:
    goal = writer.written + count
    wait_for(lambda: writer.written >= goal, "the writer to write", timeout_s=60)


@pytest.fixture
def writer(old: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """Return one that writes while the test is under way, and must not fail; migrations give way soon."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT_S", 0.2)
    monkeypatch.setattr(migrate, "PAUSE_S", 0.2)
    monkeypatch.setattr(migrate, "TRIES", 1000)
    writer = Writer(old)
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(writer.write)
        try:
            wait_for_more(writer, 10)
            yield writer
        finally:
            writer.stop()
        writing.result()


def test_indexes_are_made_while_others_write(old: str, writer: Writer) -> None:
    with ThreadPoolExecutor(1) as threads, closing(Database(old, durable=False)) as holder:
        with holder.transaction() as connection:
            # As long as somebody takes their time with an alert, its table cannot be locked.
            connection.execute(text("UPDATE alerts SET comment = 'x' WHERE id = (SELECT max(id) FROM alerts)"))
            migrating = threads.submit(upgrade, old)
            wait_for(lambda: read(old, WAITING), "the migration to wait for them", timeout_s=60)
            wait_for_more(writer, 20)
            assert not migrating.done()
        migrating.result()
    wait_for_more(writer, 10)
    writer.stop()
    assert read(old, "SELECT version_num FROM alembic_version") == schema_revision.newest_revision()
    assert read(old, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


def test_a_migration_gives_way_and_tries_again(old: str, writer: Writer) -> None:
    upgrade(old, "0009")
    with ThreadPoolExecutor(1) as threads, closing(Database(old, durable=False)) as holder, capture_logs() as logs:
        with holder.transaction() as connection:
            connection.execute(text("UPDATE items SET units = 'x' WHERE id = (SELECT max(id) FROM items)"))
            migrating = threads.submit(upgrade, old)
            wait_for(lambda: [entry for entry in logs if entry["event"] == "migrate.waits"], "it to wait", timeout_s=60)
            wait_for_more(writer, 20)
        migrating.result()
    wait_for_more(writer, 10)
    assert read(old, "SELECT version_num FROM alembic_version") == schema_revision.newest_revision()


def test_what_was_written_meanwhile_is_counted(old: str, writer: Writer) -> None:
    upgrade(old)
    wait_for_more(writer, 10)
    both = """
        SELECT (SELECT sum(count) FROM alert_sums WHERE status = 1)
            - (SELECT count(*) FROM alerts WHERE status = 1 AND NOT suppressed)
    """
    assert read(old, both) == 0
    lost = "SELECT count(*) FROM items WHERE id NOT IN (SELECT row_id FROM stale_texts WHERE kind = 'items')"
    assert read(old, lost) == 0


def test_an_index_that_was_interrupted_is_made_again(old: str) -> None:
    with closing(Database(old, durable=False)) as database, database.transaction() as connection:
        connection.execute(text("CREATE INDEX ix_task_runs_type_created_at_id ON task_runs (type)"))
    upgrade(old)
    made = read(old, "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_task_runs_type_created_at_id'")
    assert "(type, created_at, id)" in str(made)


def test_texts_are_noted_again_by_the_try_after_one_that_was_interrupted(old: str) -> None:
    upgrade(old, "0010")
    with closing(Database(old, durable=False)) as database, database.transaction() as connection:
        connection.execute(text("DELETE FROM stale_texts WHERE kind = 'alerts'"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    upgrade(old)
    assert read(old, "SELECT version_num FROM alembic_version") == schema_revision.newest_revision()
    noted = "SELECT count(DISTINCT row_id) FROM stale_texts WHERE kind = "
    assert [read(old, f"{noted}'{kind}'") for kind in ("items", "alerts")] == [ROWS, ROWS]
