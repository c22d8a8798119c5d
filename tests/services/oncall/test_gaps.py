"""A time without anybody on call is told in advance, once, and the alert ends when somebody takes it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.composition import Services
from app.enums import Role
from app.services.access.audit import Editor
from app.services.oncall.on_call import people_of
from app.store.database.pages import PageRequest
from tests.services.conftest import Time

ALL = PageRequest(limit=500)
EDITOR = Editor(1, "admin")
HOUR = timedelta(hours=1)


@pytest.fixture
def ben(services: Services) -> int:
    services.access.users.create("admin", "correct horse", Role.ADMIN)
    return int(services.access.users.create("ben", "correct horse", Role.OPERATOR)["id"])


@pytest.fixture
def rota(services: Services, ben: int) -> Mapping[Any, Any]:
    """Return a rota whose only layer ends in nine days."""
    layer = {"name": "", "users": [ben], "starts_at": "2026-01-05T09:00", "every": 1, "unit": "weeks"}
    ending = {**layer, "ends_at": "2026-02-09T13:00"}
    fields = {"name": "支付", "timezone": "Europe/Berlin", "layers": [ending]}
    return services.on_call.rotas.create(fields, EDITOR)


def look(services: Services, time: Time) -> list[tuple[str, int, int]]:
    """Let the leader look an hour later; return nagare's own alerts."""
    time.pass_by(3600)
    services.on_call.gaps.tick()
    found = services.alerts.alerts.list(ALL).items
    return [(each["message"], each["status"], each["count"]) for each in found]


def test_a_gap_is_told_a_week_before_it_once_until_there_is_none(
    services: Services, time: Time, rota: Mapping[Any, Any], ben: int
) -> None:
    assert look(services, time) == []
    time.pass_by(2 * 86_400)
    told = "Rota 支付 has nobody on call from 2026-02-09 13:00 Europe/Berlin for more than three weeks"
    assert look(services, time) == [(told, 0, 1)]
    assert look(services, time) == [(told, 0, 1)]
    [alert] = services.alerts.alerts.list(ALL).items
    assert (alert["source"], alert["labels"]["rota"]) == ("nagare", "支付")
    rota_id = rota["id"]
    services.on_call.rotas.update(rota_id, {"layers": [{**rota["layers"][0], "ends_at": None}]}, EDITOR)
    [(_, status, _)] = look(services, time)
    assert status == 2


def test_a_disabled_user_leaves_a_gap_that_an_override_fills(
    services: Services, time: Time, rota: Mapping[Any, Any], ben: int
) -> None:
    cho = int(services.access.users.create("cho", "correct horse", Role.OPERATOR)["id"])
    services.access.users.update(ben, {"enabled": False})
    [(told, status, _)] = look(services, time)
    assert (told, status) == ("Rota 支付 has nobody on call now and in the next four weeks", 0)
    with services.database.reading() as connection:
        assert people_of(connection, rota["id"], time.now) == []
    fields = {"user_id": cho, "starts_at": time.now, "ends_at": time.now + 24 * 40 * HOUR}
    services.on_call.overrides.create(rota["id"], fields, EDITOR)
    with services.database.reading() as connection:
        assert people_of(connection, rota["id"], time.now) == [cho]
        assert people_of(connection, rota["id"] + 1, time.now) == []
    assert [status for _, status, _ in look(services, time)] == [2]


def test_the_alert_of_a_deleted_rota_ends(services: Services, time: Time, rota: Mapping[Any, Any], ben: int) -> None:
    services.access.users.delete(ben)
    assert [status for _, status, _ in look(services, time)] == [0]
    services.on_call.rotas.delete(rota["id"], EDITOR)
    assert [status for _, status, _ in look(services, time)] == [2]
