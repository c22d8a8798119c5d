"""What somebody removes at the source is put back, and what cannot be put back is one alert."""

from typing import Any

import pytest

from app.composition import Services
from app.enums import Language
from app.rules.alerts.own_messages import translated
from app.services.access.audit import Editor
from tests.services.conftest import Time
from tests.services.maintenance.test_source_pushes import ALL, DAY, HOUR, Source, shown
from tests.services.maintenance.test_source_pushes import editor as editor
from tests.services.maintenance.test_source_pushes import fields as fields
from tests.services.maintenance.test_source_pushes import source as source

LOOK_S = 300
MINUTE_S = 60


@pytest.fixture
def window_id(services: Services, source: Source, fields: dict[str, Any], editor: Editor) -> int:
    """Return a window in effect that its source was told of."""
    made = services.maintenance.windows.create({**fields, "rrule": None}, editor)
    source.run()
    return int(made["id"])


def look(services: Services, time: Time, after_s: float = LOOK_S) -> list[Any]:
    """Let time pass and the leader look; return nagare's own open alerts."""
    time.pass_by(after_s)
    services.recovery.tick("leader")
    alerts = services.alerts.alerts.list(ALL).items
    return [row for row in alerts if row["source"] == "nagare" and row["status"] != 2]


def test_what_somebody_removed_is_back_after_the_next_look(
    services: Services, source: Source, time: Time, window_id: int
) -> None:
    source.has.clear()
    assert look(services, time) == []
    assert source.run() == 1
    assert len(source.has) == 1
    assert (shown(services, window_id)["state"], shown(services, window_id)["attempts"]) == ("done", 1)


def test_what_begins_much_later_is_compared_once_an_hour(
    services: Services, source: Source, fields: dict[str, Any], time: Time, editor: Editor
) -> None:
    services.inventory.monitors.update(source.monitor_id, {"enabled": False})
    zabbix = {"name": "zbx", "type": "zabbix", "url": "http://zbx.example", "api_token": "t" * 64}
    later = {"starts_at": time.now + DAY, "ends_at": time.now + DAY + HOUR, "rrule": None}
    monitor_id = services.inventory.monitors.create(zabbix)["id"]
    services.maintenance.windows.create({**fields, **later, "monitor_id": monitor_id}, editor)
    source.run()
    found = [bool(source.run()) for _ in range(24) if look(services, time) == []]
    assert (len(found), sum(found)) == (24, 2)


def test_what_cannot_be_put_back_is_one_alert_until_it_is(
    services: Services, source: Source, time: Time, window_id: int
) -> None:
    source.has.clear()
    source.fails = True
    alerts = [look(services, time, MINUTE_S) for _ in range(20) if source.run() >= 0]
    opened = [found for found in alerts if found]
    assert {found[0]["id"] for found in opened} == {opened[0][0]["id"]}
    assert alerts[-len(opened) :] == opened
    [alert] = opened[-1]
    assert (alert["count"], alert["labels"]["alertname"]) == (1, "MaintenanceNotAtSource")
    assert alert["message"] == "am may not have maintenance window 重启: am.example returned HTTP 500"
    assert translated(Language.CHINESE, "nagare", alert["message"]).startswith("am 上可能没有维护窗口 重启")
    assert len(services.ledger.tasks.list(ALL, type="push_maintenance").items) == 2
    source.fails = False
    for _ in range(10):
        look(services, time, MINUTE_S)
        source.run()
    assert (look(services, time), len(source.has)) == ([], 1)
    assert shown(services, window_id)["error"] is None


def test_what_could_not_be_taken_back_is_an_alert_too(
    services: Services, source: Source, time: Time, editor: Editor, window_id: int
) -> None:
    source.fails = True
    services.maintenance.windows.delete(window_id, editor)
    [found] = [found for _ in range(12) if source.run() >= 0 for found in look(services, time, MINUTE_S)][-1:]
    assert found["message"] == f"am may still have maintenance window #{window_id}: am.example returned HTTP 500"
    services.inventory.monitors.delete(source.monitor_id)
    assert look(services, time, MINUTE_S) == []
