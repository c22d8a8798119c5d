"""Windows that recur: what they suppress as time passes, what is ended early, and who changed them."""

from datetime import timedelta
from typing import Any

import pytest

from app.composition import Services
from app.enums import AuditedType, Role
from app.errors import Conflict, Invalid, NotFound
from app.rules.alerts.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.store.database.pages import PageRequest
from tests.services.conftest import Time, add_user

ALL = PageRequest(limit=500)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def editor(services: Services) -> Editor:
    return Editor(add_user(services, "王伟"), "王伟")


@pytest.fixture
def window(services: Services, monitor_id: int, time: Time, editor: Editor) -> Any:
    """Return a window of an hour at this time each day, and an alert that it covers."""
    with services.database.transaction() as connection:
        AlertIntake().take_in(connection, monitor_id, [AlertReport("simulator", "1", True, "磁盘")], time.now)
    times = {"starts_at": time.now, "ends_at": time.now + HOUR, "rrule": "rrule:freq=daily;count=3"}
    fields = {"name": "重启", "comment": "", "monitor_id": monitor_id, "timezone": "Asia/Shanghai"}
    return services.maintenance.windows.create({**fields, **times}, editor)


def is_suppressed(services: Services) -> bool:
    services.recovery.tick("leader")
    [alert] = services.alerts.alerts.list(ALL).items
    return bool(alert["suppressed"])


def test_each_occurrence_suppresses(services: Services, window: Any, time: Time) -> None:
    assert window["rrule"] == "FREQ=DAILY;COUNT=3"
    seen = []
    for _ in range(4):
        inside = is_suppressed(services)
        time.now += HOUR
        seen.append((inside, is_suppressed(services)))
        time.now += DAY - HOUR
    assert seen == [(True, False), (True, False), (True, False), (False, False)]
    after = services.maintenance.windows.get(window["id"])
    assert (after["starts_at"], after["ends_at"]) == (window["starts_at"], window["ends_at"])
    assert after["current_starts_at"] == window["starts_at"] + 2 * DAY
    assert services.maintenance.windows.occurrences(window["id"], 10) == []


def test_a_leader_that_was_away_finds_the_occurrence_in_effect(services: Services, window: Any, time: Time) -> None:
    assert is_suppressed(services)
    time.now += 2 * DAY + HOUR / 2
    assert is_suppressed(services)
    assert services.maintenance.windows.get(window["id"])["current_starts_at"] == window["starts_at"] + 2 * DAY


def test_ending_an_occurrence_keeps_the_later_ones(services: Services, window: Any, time: Time, editor: Editor) -> None:
    time.now += HOUR / 4
    ended = services.maintenance.windows.end(window["id"], editor)
    assert not is_suppressed(services)
    assert ended["current_starts_at"] == window["starts_at"] + DAY
    begins = [one.starts_at for one in services.maintenance.windows.occurrences(window["id"], 10)]
    assert begins == [window["starts_at"] + DAY, window["starts_at"] + 2 * DAY]
    with pytest.raises(Conflict, match="not in effect"):
        services.maintenance.windows.end(window["id"], editor)
    services.maintenance.windows.update(window["id"], {"name": "别的名字"}, editor)
    assert not is_suppressed(services)
    time.now += DAY
    assert is_suppressed(services)


def test_new_times_begin_anew(services: Services, window: Any, time: Time, editor: Editor) -> None:
    changed = services.maintenance.windows.update(window["id"], {"rrule": None}, editor)
    assert (changed["rrule"], changed["current_starts_at"]) == (None, window["starts_at"])
    time.now += DAY
    assert not is_suppressed(services)
    changed = services.maintenance.windows.update(window["id"], {"rrule": "FREQ=WEEKLY"}, editor)
    assert changed["current_starts_at"] == window["starts_at"] + 7 * DAY
    with pytest.raises(Invalid, match="before the one before it ends"):
        services.maintenance.windows.update(window["id"], {"rrule": "FREQ=HOURLY", "ends_at": time.now}, editor)


def test_a_preview_shows_what_is_to_come(services: Services, time: Time) -> None:
    times = {"starts_at": time.now - DAY, "ends_at": time.now - DAY + HOUR}
    assert services.maintenance.windows.preview(times, 10) == []
    found = services.maintenance.windows.preview({**times, "rrule": "FREQ=DAILY"}, 3)
    assert [one.starts_at for one in found] == [time.now, time.now + DAY, time.now + 2 * DAY]
    with pytest.raises(Invalid, match="IANA"):
        services.maintenance.windows.preview({**times, "timezone": "Mars"}, 3)


def test_a_zone_that_is_gone_ends_the_window_and_not_the_leader(
    services: Services, window: Any, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.rules.maintenance.occurrences.is_timezone", lambda _: False)
    time.now += HOUR
    assert not is_suppressed(services)
    time.now += DAY
    assert not is_suppressed(services)
    assert services.maintenance.windows.get(window["id"])["current_starts_at"] == window["starts_at"]


def test_who_changed_a_window_is_audited(services: Services, window: Any, editor: Editor) -> None:
    services.maintenance.windows.update(window["id"], {"comment": "推迟", "name": "重启"}, editor)
    services.maintenance.windows.delete(window["id"], editor)
    with pytest.raises(NotFound):
        services.maintenance.windows.delete(window["id"], editor)
    entries = services.access.audit.list(ALL, Role.ADMIN, object_type=AuditedType.MAINTENANCE).items
    removed, changed, created = [(entry["username"], entry["before"], entry["after"]) for entry in entries]
    assert changed == ("王伟", {"comment": ""}, {"comment": "推迟"})
    assert (created[1], created[2]["rrule"]) == ({}, "FREQ=DAILY;COUNT=3")
    assert (removed[1]["timezone"], removed[2]) == ("Asia/Shanghai", {})
