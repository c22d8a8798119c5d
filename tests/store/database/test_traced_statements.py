"""Traced or not, a database sees the same statements and transactions; what it is asked is told without the values."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import ProgrammingError

from app import tracing
from app.enums import TaskState
from app.errors import DatabaseUnavailable
from app.store.access import users
from app.store.alerts import webhook_quotas
from app.store.database.engine import Database
from app.store.ledger import task_claims, task_inserts, task_runs
from app.store.ledger.task_steps import TaskStep
from tests.acceptance.otlp import Collector
from tests.store.emptied import empty
from tests.store.rows import NOW, add_host, add_monitor

SECRET = "tr0ub4dor"
LOGGED = re.compile(r"(?:statement|execute [^:]*): ")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with closing(Collector()) as collector:
        yield collector


@contextmanager
def traced(collector: Collector) -> Iterator[None]:
    tracing.start(collector.url, "test")
    try:
        with tracing.span("test"):
            yield
    finally:
        tracing.stop()


def seen(url: str, is_durable: bool) -> list[str]:
    """Do what requests and tasks do, and return the statements that the database itself tells of."""
    told: list[str] = []
    with closing(Database(url, durable=is_durable)) as database:

        @event.listens_for(database.engine, "connect")
        def listen(driver: Any, _record: Any) -> None:
            if database.engine.dialect.name == "sqlite":
                driver.set_trace_callback(told.append)
                return
            driver.add_notice_handler(lambda notice: told.append(LOGGED.sub("", notice.message_primary, count=1)))
            driver.execute("SET log_statement = 'all'; SET client_min_messages = 'log'")
            driver.commit()

        empty(database)
        told.clear()
        work(database)
    # Where the driver prepares a statement that it has seen several times is its own affair.
    return [statement for statement in told if not statement.startswith(("SET ", "DEALLOCATE"))]


def work(database: Database) -> None:
    with database.transaction() as connection:
        monitor_id = add_monitor(connection, id=7, webhook_token_hash=SECRET)
        add_host(connection, monitor_id)
        webhook_quotas.spend(connection, SECRET, 1, 1)
    ids = [f"pull_hosts:{number:08d}-0000-7000-8000-000000000000" for number in range(3)]
    entries = [{**ENTRY, "id": task_id, "monitor_id": monitor_id} for task_id in ids]
    with database.single_statement() as statement:
        assert task_inserts.add(statement, entries) == 3
    with database.single_statement() as statement:
        assert task_claims.claim(statement, ids[0], "pull_hosts", "worker/1", NOW)
    with database.single_statement() as statement:
        assert task_runs.renew(statement, ids[0], 1)
    with database.single_statement() as statement:
        assert task_runs.succeed(statement, ids[0], 1, {"hosts": 1}, NOW, TaskStep(1, 1, "")) is False
    with database.single_reads() as reads:
        assert users.find_by_session(reads, SECRET, NOW) is None
    with database.reading() as connection:
        assert task_runs.find(connection, ids[1]) is not None
    with pytest.raises((DatabaseUnavailable, ProgrammingError)), database.transaction() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


ENTRY = {
    "type": "pull_hosts",
    "state": TaskState.QUEUED,
    "params": {"secret": SECRET},
    "fingerprint": SECRET,
    "parent_id": None,
    "requested_by": None,
    "max_retries": 3,
    "traceparent": None,
    "created_at": NOW,
    "published_at": NOW,
}


@pytest.mark.parametrize("is_durable", [True, False])
def test_the_same_statements_in_the_same_transactions(migrated: str, collector: Collector, is_durable: bool) -> None:
    untraced = seen(migrated, is_durable)
    assert len(untraced) > 10 and any("INSERT INTO task_runs" in statement for statement in untraced)
    with traced(collector):
        assert seen(migrated, is_durable) == untraced


def test_each_statement_is_a_span_that_tells_no_values(migrated: str, collector: Collector) -> None:
    with closing(Database(migrated, durable=False)) as database:
        empty(database)
        with traced(collector):
            work(database)
        system = database.engine.dialect.name
    spans = collector.spans()
    (root,) = (span for span in spans if span.name == "test")
    statements = [span for span in spans if span is not root]
    assert {(span.parent_id, span.attributes["db.system.name"]) for span in statements} == {(root.id, system)}
    told = [span.attributes["db.query.text"] for span in statements]
    for part in ("INSERT INTO task_runs", "UPDATE task_runs SET state=", "UPDATE task_runs SET beat="):
        assert [query for query in told if part in query], part
    assert not [body for body in collector.bodies if SECRET.encode() in body]
    (failed,) = (span for span in statements if span.is_error)
    assert failed.attributes["error.type"] in ("OperationalError", "UndefinedTable")
