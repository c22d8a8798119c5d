"""What it costs the leader of the recovery to see that nothing is due."""

from app.store.database.engine import Database
from app.store.operation import due_work
from tests.store.plans import plan_of
from tests.store.rows import NOW

SHORT_LISTS = ("maintenance_windows", "alert_deliveries", "stale_texts")
"""Tables of few rows, or of which any row will do."""


def test_what_is_due_is_found_by_indexes(database: Database) -> None:
    steps = plan_of(database, lambda connection: due_work.find(connection, NOW))
    read = [step for step in steps if step.startswith(("SCAN", "SEARCH")) and "CONSTANT ROW" not in step]
    # Whether the first alert of a witness still stands, and the task of a message, are looked up by their ids.
    read = [step for step in read if " first_alert " not in step and " message_task " not in step]
    assert len(read) == sum(map(len, due_work.ROWS.values()))
    assert all("INDEX" in step or step.endswith(SHORT_LISTS) for step in read), read
