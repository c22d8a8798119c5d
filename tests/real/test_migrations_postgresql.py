"""A migration of a PostgreSQL that is in use."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.errors import DatabaseUnavailable
from app.store.database.engine import Database
from app.store.operation import migrate
from app.store.operation.migrate import downgrade, upgrade
from app.store.operation.schema_revision import is_recent
from tests.cli.processes import wait_for

pytestmark = pytest.mark.real

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'items'::regclass"


def test_a_migration_waits_for_a_table_in_short_turns_until_it_is_free(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(postgres_url)
    downgrade(postgres_url, "0010")
    database = Database(postgres_url, durable=False)

    def waiting() -> int:
        with database.reading() as connection:
            return int(connection.execute(text(WAITING)).scalar_one())

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as connection:
            connection.execute(text("LOCK TABLE items IN ACCESS EXCLUSIVE MODE"))
            migrated = threads.submit(upgrade, postgres_url)
            for _ in range(2):
                wait_for(lambda: waiting() == 1, "the migration to wait for the table")
                wait_for(lambda: waiting() == 0, "the migration to let the others pass")
            assert not migrated.done()
        migrated.result()
    with database.transaction() as connection:
        assert is_recent(connection)

    downgrade(postgres_url, "0010")
    monkeypatch.setattr(migrate, "TRIES", 1)
    with database.transaction() as connection:
        connection.execute(text("LOCK TABLE items IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            upgrade(postgres_url)
    database.close()
