"""What is deleted when nobody looks back at it any more."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select

from app import clock
from app.composition import Services
from app.enums import AlertStatus
from app.models import Alert, AlertEvent, AuditEntry, Base, TaskRun
from app.services.operation import retention
from app.services.operation.retention import Retention
from tests.services.alert_rows import add_alert, add_event, end_alert
from tests.services.conftest import Time
from tests.store.rows import add_run

DAY_S = 86400


def count(services: Services, model: type[Base]) -> int:
    with services.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(model)).scalar_one())


def add_audit(services: Services) -> None:
    row: dict[str, Any] = {"at": clock.now(), "user_id": 1, "username": "管理员", "object_type": "host"}
    with services.database.transaction() as connection:
        connection.execute(insert(AuditEntry), row | {"object_id": 1, "before": {}, "after": {}})


def test_resolved_alerts_go_with_their_histories_and_open_ones_stay(
    services: Services, monitor_id: int, time: Time
) -> None:
    with services.database.transaction() as connection:
        open_, old = (add_alert(connection, monitor_id, number) for number in (1, 2))
        add_event(connection, old)
        end_alert(connection, old)
    time.pass_by(60 * DAY_S)
    with services.database.transaction() as connection:
        recent = add_alert(connection, monitor_id, 3)
        end_alert(connection, recent)
    time.pass_by(31 * DAY_S)
    services.recovery.tick("me")
    with services.database.reading() as connection:
        left = connection.execute(select(Alert.id, Alert.status).order_by(Alert.id)).all()
        assert [tuple(row) for row in left] == [(open_, AlertStatus.ACTIVE), (recent, AlertStatus.RESOLVED)]
        assert set(connection.execute(select(AlertEvent.alert_id)).scalars()) == {recent}


def test_the_audit_trail_is_kept_for_a_year(services: Services, time: Time) -> None:
    add_audit(services)
    time.pass_by(364 * DAY_S)
    add_audit(services)
    services.recovery.tick("me")
    assert count(services, AuditEntry) == 2
    time.pass_by(2 * DAY_S)
    services.recovery.tick("me")
    assert count(services, AuditEntry) == 1


def test_an_alert_stays_for_as_long_as_it_weighs(services: Services, monitor_id: int, time: Time) -> None:
    kept = Retention(services.database, history_days=1, alert_days=1, audit_days=1, score_window_h=72)
    with services.database.transaction() as connection:
        end_alert(connection, add_alert(connection, monitor_id))
    time.pass_by(2 * DAY_S)
    kept.tick()
    assert count(services, Alert) == 1
    time.pass_by(2 * DAY_S)
    kept.tick()
    assert count(services, Alert) == 0


def test_much_is_deleted_a_few_at_a_time_in_turn_after_turn(
    services: Services, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PRUNE_BATCH_SIZE", 2)
    with services.database.transaction() as connection:
        for number in range(5):
            add_run(connection, number, state="succeeded", finished_at=clock.now())
    time.pass_by(31 * DAY_S)
    left = []
    for _ in range(4):
        services.recovery.tick("me")
        left.append(count(services, TaskRun))
        time.pass_by(1)
    assert left == [3, 1, 0, 0]
