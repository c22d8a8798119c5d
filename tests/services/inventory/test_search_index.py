"""The leader keeps the index of texts up to date."""

import pytest
from sqlalchemy import Connection

from app.composition import Services
from app.services.inventory import search_index
from app.store.database import text_index
from app.store.operation import due_work
from app.store.operation.due_work import Due
from tests.services.conftest import Time


def is_due(services: Services, time: Time) -> bool:
    with services.database.reading() as connection:
        return Due.TEXTS in due_work.find(connection, time.now)


def test_the_leader_indexes_what_was_pulled(services: Services, monitor_id: int, time: Time) -> None:
    services.inventory.pulls.items(monitor_id)
    assert is_due(services, time)
    services.recovery.tick("leader")
    assert not is_due(services, time)


def test_after_a_big_pull_it_goes_on_in_the_next_turn(
    services: Services, monitor_id: int, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "TEXT_BATCH_SIZE", 1)
    refresh = text_index.refresh

    def refresh_slowly(connection: Connection, limit: int) -> int:
        time.monotonic += search_index.LONGEST_TURN_S / 2
        return refresh(connection, limit)

    monkeypatch.setattr(text_index, "refresh", refresh_slowly)
    services.inventory.pulls.items(monitor_id)
    services.recovery.tick("leader")
    assert is_due(services, time)
    services.recovery.tick("leader")
    assert not is_due(services, time)
