"""A filled instance moves to another database, where nothing is missing and work goes on."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, text

from app.composition import Services, wire
from app.enums import Role
from app.errors import Conflict
from app.rules.task_params.alerts import GenerateAlerts
from app.services.ledger.requester import Requester
from app.services.operation.database_copy import NotCopied, copy_database
from app.store.access import users
from app.store.database import sqlite_lock
from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.operation import copy_target
from app.store.operation.migrate import downgrade
from tests.services.conftest import Time
from tests.services.filled import PASSWORD, contents, fill

ALL = PageRequest(limit=500)

pytestmark = pytest.mark.usefixtures("forked_sender")


@pytest.fixture
def source(services: Services, time: Time) -> str:
    """Return the address of a filled database, which nobody has open."""
    fill(services, time)
    services.database.close()
    return services.settings.sql_url


@pytest.fixture
def target(tmp_path: Path) -> str:
    """Return the address of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'copy.db'}"


def copy(source: str, target: str, *, is_running_allowed: bool = False) -> dict[str, int]:
    told: dict[str, int] = {}
    copied = copy_database(source, target, is_running_allowed=is_running_allowed, tell=told.__setitem__)
    assert told == {table.name: table.rows for table in copied if table.rows}
    return told


def assert_same(one: str, other: str) -> None:
    """Assert that both hold the same rows, that there are some in every table, and the same sums of alerts."""
    with closing(Database(one, durable=False)) as first, closing(Database(other, durable=False)) as second:
        found = contents(first)
        assert found == contents(second)
        assert [name for name, content in found.items() if not content.rows] == []
        assert sums(first) == sums(second) != {}


def sums(database: Database) -> dict[tuple[int, ...], tuple[int, ...]]:
    statement = "SELECT status, bucket, monitor_id, severity, sum(count), sum(ms) FROM alert_sums GROUP BY 1, 2, 3, 4"
    with database.reading() as connection:
        rows = [[*map(int, row)] for row in connection.execute(text(statement))]
    return {(*row[:4],): (*row[4:],) for row in rows if any(row[4:])}


def assert_work_goes_on(services: Services, url: str, first_user_id: int = 2) -> None:
    """Assert that people, credentials, searches and tasks are right on a copy, and that new rows get new numbers."""
    moved = wire(services.settings, Database(url, durable=False), services.broker)
    with closing(moved.database):
        assert moved.access.auth.login("操作员", PASSWORD, "127.0.0.2")
        assert moved.inventory.monitors.check(1).ok
        moved.recovery.tick("leader")
        before = moved.alerts.alerts.list(ALL).items
        assert [alert["id"] for alert in moved.alerts.alerts.list(ALL, q="磁盘空间不足").items]
        task_id = moved.ledger.submit.accept(Requester(1), GenerateAlerts(count=3))
        claim = moved.ledger.lifecycle.begin(task_id, "worker@here/1")
        assert claim is not None
        assert moved.ledger.lifecycle.succeed(claim, moved.alerts.alerts.generate(task_id, **claim.params))
        assert len(moved.alerts.alerts.list(ALL).items) == len(before) + 3
        assert min(alert["id"] for alert in moved.alerts.alerts.list(ALL).items if alert not in before) > max(
            alert["id"] for alert in before
        )
        assert moved.access.users.create("new", PASSWORD, Role.VIEWER)["id"] == first_user_id


def test_nothing_is_missing_and_work_goes_on(services: Services, source: str, target: str) -> None:
    copy(source, target)
    assert_same(source, target)
    with closing(Database(target, durable=False)) as database, database.reading() as connection:
        results = connection.execute(text("SELECT DISTINCT typeof(result) FROM task_runs ORDER BY 1")).scalars().all()
        assert results == ["null", "text"]
    assert_work_goes_on(services, target)


def test_a_number_that_was_given_out_is_not_given_out_by_the_copy(services: Services, time: Time, target: str) -> None:
    fill(services, time)
    gone = services.access.users.create("gone", PASSWORD, Role.VIEWER)["id"]
    with services.database.transaction() as connection:
        users.remove(connection, gone)
    services.database.close()
    copy(services.settings.sql_url, target)
    assert_work_goes_on(services, target, gone + 1)


def test_a_target_with_rows_is_refused_and_left_alone(source: str, target: str) -> None:
    copy(source, target)
    with pytest.raises(Conflict, match="not empty: audit_entries has rows"):
        copy(source, target)
    assert_same(source, target)


def test_a_target_of_something_else_is_refused(source: str, target: str) -> None:
    with closing(Database(target, durable=False)) as database, database.transaction() as connection:
        connection.execute(text("CREATE TABLE hosts (zabbix integer)"))
    with pytest.raises(Conflict, match="tables of another application, such as hosts"):
        copy(source, target)


def test_a_source_of_another_version_is_refused(source: str, target: str, tmp_path: Path) -> None:
    downgrade(source, "0010")
    with pytest.raises(Conflict, match="the source has schema 0010"):
        copy(source, target)
    with pytest.raises(Conflict, match="the source is not a nagare database"):
        copy(f"sqlite:///{tmp_path / 'empty.db'}", target)
    assert not (tmp_path / "copy.db").exists()


def test_a_source_in_use_is_refused_unless_that_is_wanted(
    services: Services, source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Time stands still here: whoever waits for it would wait for ever.
    monkeypatch.setattr(sqlite_lock, "BUSY_TIMEOUT_S", -1.0)
    services.database.ping()
    with pytest.raises(Conflict, match="the source is in use: stop nagare first"):
        copy(source, target)
    copy(source, target, is_running_allowed=True)
    assert_same(source, target)


def test_what_is_not_the_same_is_not_kept(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    finish = copy_target.finish

    def finish_and_spoil(connection: Connection, table: Table, last_number: int | None) -> None:
        finish(connection, table, last_number)
        if table.name == "alerts":
            connection.execute(text("UPDATE alerts SET comment = 'x' WHERE id = 1"))

    monkeypatch.setattr(copy_target, "finish", finish_and_spoil)
    with pytest.raises(NotCopied, match="alerts"):
        copy(source, target)
    with closing(Database(target, durable=False)) as database:
        assert {content.rows for content in contents(database).values()} == {0}
    monkeypatch.undo()
    copy(source, target)
    assert_same(source, target)
