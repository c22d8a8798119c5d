"""What the leader's turn costs while there is nothing to tell, seen on SQLite."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

from app.composition import Services
from app.store.response import notification_changes
from tests.services.conftest import Time
from tests.services.response.test_notifications import notify, receiver, serve
from tests.store.plans import plan_of

__all__ = ["notify", "receiver", "serve"]


def test_a_turn_with_nothing_to_tell_writes_nothing(services: Services, notify: Callable[..., int], time: Time) -> None:
    notify()
    services.response.notifier.tick()
    with services.database.transaction():  # whoever wants to write waits in vain
        services.response.notifier.tick()


def test_a_turn_finds_what_waits_by_indexes(services: Services) -> None:
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(services.database.engine, "before_cursor_execute", note)
    with services.database.reading() as connection:
        assert not notification_changes.is_any_pending(connection)
        assert not notification_changes.is_any_unsent(connection)
        event.remove(services.database.engine, "before_cursor_execute", note)
        assert len(statements) == 2
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).mappings().all()
            assert all("INDEX" in step["detail"] for step in plan), plan


def test_no_statement_about_changes_reads_all_alerts_or_events(services: Services) -> None:
    def ask(connection: Connection) -> None:
        notification_changes.pending_events(connection, 1000)
        notification_changes.unsent(connection, 1, 1000)
        notification_changes.of_message(connection, "notify:1")
        notification_changes.alerts(connection, [1, 2])
        notification_changes.newest_alert_ids(connection, 1)
        notification_changes.annotations_of(connection, [1, 2])

    # The newest alert is the first one that a scan from the end meets.
    scans = [step for step in plan_of(services.database, ask) if step.startswith("SCAN")]
    assert all("INDEX" in step for step in scans if step != "SCAN alerts"), scans
    assert scans.count("SCAN alerts") == 1, scans
