"""What changed the score, and when it fell."""

from datetime import timedelta

import pytest

from app.composition import Services
from app.enums import AlertEventKind
from app.errors import NotFound
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from app.store.scores import changes
from tests.services.alert_rows import add_alert, add_event
from tests.services.conftest import Time

EDITOR = Editor(1, "anna")


def fire(services: Services, monitor_id: int, *numbers: int) -> list[int]:
    with services.database.transaction() as connection:
        ids = [add_alert(connection, monitor_id, number, host=f"h{number}") for number in numbers]
        for alert_id in ids:
            add_event(connection, alert_id)
    return ids


def test_each_drop_says_what_fired_meanwhile(services: Services, time: Time, monitor_id: int) -> None:
    begin = time.now
    for numbers in ((), (1, 2), (), (3,)):
        fire(services, monitor_id, *numbers)
        services.alerts.scores.tick()
        time.pass_by(300)
    second, first = services.alerts.score_changes.drops(begin - timedelta(hours=1), time.now, 10)
    assert (first["begin"]["score"], first["end"]["at"] - first["begin"]["at"]) == (100, timedelta(minutes=5))
    assert [(change["kind"], change["count"], change["hosts"]) for change in first["changes"]] == [
        (AlertEventKind.FIRED, 2, ["h1", "h2"])
    ]
    assert [change["hosts"] for change in second["changes"]] == [["h3"]]
    assert second["points"] == first["end"]["score"] - second["end"]["score"]


def test_between_two_times_is_what_happened_then_and_who_did_it(
    services: Services, time: Time, monitor_id: int
) -> None:
    fire(services, monitor_id, 1)
    services.alerts.scores.tick()
    time.pass_by(60)
    began = time.now
    [alert_id] = fire(services, monitor_id, 2)
    services.alerts.alert_actions.comment(alert_id, EDITOR, "not of interest here")
    time.pass_by(60)
    services.alerts.alert_actions.acknowledge(alert_id, EDITOR)
    ended = time.now
    time.pass_by(60)
    fire(services, monitor_id, 3)
    found = services.alerts.score_changes.between(began - timedelta(seconds=1), ended)
    assert [(change["kind"], change["lowers"], change["users"]) for change in found["changes"]] == [
        (AlertEventKind.FIRED, True, []),
        (AlertEventKind.ACKNOWLEDGED, False, ["anna"]),
    ]
    assert found["is_complete"]
    assert found["begin"]["open_alerts"] == 1


def test_the_time_that_was_clicked_at_is_that_between_its_samples(
    services: Services, time: Time, monitor_id: int
) -> None:
    services.alerts.scores.tick()
    begin = time.now
    time.pass_by(100)
    fire(services, monitor_id, 1)
    time.pass_by(200)
    services.alerts.scores.tick()
    found = services.alerts.score_changes.around(begin + timedelta(seconds=42))
    assert (found["after"], found["before"]) == (begin, begin + timedelta(seconds=300))
    assert len(found["changes"]) == 1
    later = services.alerts.score_changes.around(time.now + timedelta(seconds=1))
    assert (later["after"], later["changes"]) == (begin + timedelta(seconds=300), [])


def test_only_what_a_monitor_did_changes_its_score(services: Services, time: Time, monitor_id: int) -> None:
    other = int(services.inventory.monitors.create({"name": "乙", "type": "simulator", "url": "simulator://o"})["id"])
    before = time.now - timedelta(seconds=1)
    fire(services, monitor_id, 1)
    fire(services, other, 2)
    found = services.alerts.score_changes.between(before, time.now, other)["changes"]
    assert [change["hosts"] for change in found] == [["h2"]]
    with pytest.raises(NotFound):
        services.alerts.score_changes.between(before, time.now, 999)


def test_windows_and_pulls_that_failed_are_told(services: Services, time: Time, monitor_id: int) -> None:
    before = time.now - timedelta(minutes=1)
    times = {"starts_at": time.now, "ends_at": time.now + timedelta(hours=1)}
    services.maintenance.windows.create({"name": "升级", "comment": "", "monitor_id": monitor_id, **times}, EDITOR)
    found = services.alerts.score_changes.between(before, time.now + timedelta(minutes=1))
    assert [(window["name"], window["begins"]) for window in found["maintenance"]] == [("升级", True)]
    assert found["failed_pulls"] == []


def test_events_are_found_by_their_time_though_only_their_ids_have_an_index(
    services: Services, time: Time, monitor_id: int
) -> None:
    times = []
    for number in range(40):
        fire(services, monitor_id, number)
        times.append(time.now)
        time.pass_by(90)
    kinds = [AlertEventKind.FIRED]
    with services.database.reading() as connection:
        for first in (0, 7, 39):
            for last in (first, min(39, first + 11)):
                after, before = times[first] - timedelta(seconds=1), times[last]
                found = changes.events(connection, kinds, after, before, 100)
                assert [row["at"] for row in found] == times[first : last + 1]
        assert changes.events(connection, kinds, times[39], time.now, 100) == []
        assert changes.events(connection, kinds, times[0] - timedelta(days=9), times[0], 100)[0]["at"] == times[0]


def test_without_events_nothing_changed(services: Services, time: Time, monitor_id: int) -> None:
    found = services.alerts.score_changes.between(time.now - timedelta(days=1), time.now)
    assert (found["changes"], found["begin"], found["end"]) == ([], None, None)
    assert services.alerts.scores.history(PageRequest()).items == []
