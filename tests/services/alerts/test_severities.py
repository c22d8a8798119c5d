"""A new severity table: open alerts follow it at once, and unknown words that it knows are forgotten."""

from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.services.access.audit import Editor
from app.services.alerts import severities as service
from app.store.alerts import severities
from app.store.database.pages import PageRequest
from app.store.inventory import monitors
from tests.services.alert_rows import add_alert
from tests.services.conftest import add_user

ALL = PageRequest(limit=500)


@pytest.fixture
def by(services: Services) -> Editor:
    return Editor(add_user(services, "王伟"), "王伟")


def add_alerts(services: Services, monitor_id: int, *alerts: dict[str, Any]) -> list[int]:
    with services.database.transaction() as connection:
        return [add_alert(connection, monitor_id, number, **alert) for number, alert in enumerate(alerts)]


def severity_of(services: Services, alert_id: int) -> int:
    return int(services.alerts.alerts.get(alert_id)["severity"])


def history(services: Services, alert_id: int) -> list[tuple[str, str]]:
    events = services.alerts.alerts.events(ALL, alert_id).items
    return [(event["kind"], event["username"]) for event in reversed(events)]


def test_open_alerts_follow_the_new_table(services: Services, monitor_id: int, by: Editor) -> None:
    purple, page, missing, plain, over, acknowledged = add_alerts(
        services,
        monitor_id,
        {"source_severity": "purple", "severity": 1},
        {"source_severity": "page", "severity": 2},
        {"source_severity": "", "severity": 1},
        {"severity": 1},
        {"source_severity": "purple", "severity": 1, "status": 2, "resolved_at": clock.now()},
        {"source_severity": "Purple", "severity": 1, "status": 1},
    )
    table = {"words": {"purple": 2, "page": 0}, "missing": 0}
    answer = services.alerts.severities.replace(monitor_id, table, by)

    assert answer["changed_alerts"] == 4
    found = [severity_of(services, each) for each in (purple, page, missing, plain, over, acknowledged)]
    assert found == [2, 0, 0, 1, 1, 2]
    assert history(services, purple) == history(services, acknowledged) == [("escalated", "王伟")]
    assert history(services, page) == [("eased", "王伟")]
    assert services.alerts.alerts.events(ALL, page).items[0]["details"] == {"severity": ["critical", "info"]}
    assert history(services, over) == history(services, plain) == []
    assert services.alerts.severities.replace(monitor_id, table, by)["changed_alerts"] == 0


def test_hosts_follow_their_alerts(services: Services, monitor_id: int, by: Editor) -> None:
    services.inventory.pulls.hosts(monitor_id)
    [host, *_] = services.inventory.inventory.list_hosts(ALL).items
    add_alerts(services, monitor_id, {"source_severity": "purple", "severity": 1, "host_id": host["id"]})
    for words, status in (({"purple": 2}, 2), ({}, host["status"])):
        services.alerts.severities.replace(monitor_id, {"words": words}, by)
        assert services.inventory.inventory.get_host(host["id"])["status"] == status


def test_more_alerts_than_a_batch(
    services: Services, monitor_id: int, by: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ALERT_BATCH_SIZE", 2)
    ids = add_alerts(services, monitor_id, *[{"source_severity": "purple", "severity": 1}] * 5)
    assert services.alerts.severities.replace(monitor_id, {"words": {"purple": 2}}, by)["changed_alerts"] == 5
    assert {severity_of(services, each) for each in ids} == {2}


def test_words_that_the_new_table_knows_are_forgotten(services: Services, monitor_id: int, by: Editor) -> None:
    with services.database.transaction() as connection:
        counts = {"purple": 2, "SEV-99": 1, severities.OTHERS: 7}
        severities.add_unknown(connection, monitor_id, counts, clock.now())
    answer = services.alerts.severities.replace(monitor_id, {"words": {"PURPLE": 2}}, by)
    assert [row["word"] for row in answer["unknown_words"]] == ["SEV-99"]


def test_the_monitors_of_an_ha_group_share_a_table(services: Services, monitor_id: int, by: Editor) -> None:
    twin = services.inventory.monitors.create({"name": "twin", "type": "simulator", "url": "simulator://twin"})["id"]
    with services.database.transaction() as connection:
        for member in (monitor_id, twin):
            monitors.change(connection, member, {"ha_group": "pair"})
            severities.add_unknown(connection, member, {"purple": 1}, clock.now())
    [alert_id] = add_alerts(services, monitor_id, {"source_severity": "purple", "severity": 1})
    assert services.alerts.severities.replace(twin, {"words": {"purple": 2}}, by)["changed_alerts"] == 1
    assert severity_of(services, alert_id) == 2
    first, second = services.alerts.severities.get(monitor_id), services.alerts.severities.get(twin)
    assert first == second
    assert (first["words"], first["unknown_words"]) == ({"purple": 2}, [])
