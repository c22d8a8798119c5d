"""What would help the score most: points of the score, not of the load."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.composition import Services
from app.enums import ScoreCause
from app.errors import NotFound
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from tests.services.alert_rows import add_alert, end_alert
from tests.services.conftest import Time

EDITOR = Editor(1, "anna")


@pytest.fixture
def hosts(services: Services, monitor_id: int) -> Sequence[Any]:
    services.inventory.pulls.hosts(monitor_id)
    found: Sequence[Any] = services.inventory.inventory.list_hosts(PageRequest(500), monitor_id=monitor_id).items
    return found


@pytest.fixture
def alert_ids(services: Services, monitor_id: int, hosts: Sequence[Any]) -> list[int]:
    """Return the ids of two critical alerts of the first host, a warning of the second, and one of no known host."""
    rows = [(0, 2, "Disk"), (0, 2, "CPU"), (1, 1, "Disk"), (None, 1, "Disk")]
    with services.database.transaction() as connection:
        return [
            add_alert(
                connection,
                monitor_id,
                number,
                severity=severity,
                message=message,
                host_id=None if place is None else hosts[place]["id"],
            )
            for number, (place, severity, message) in enumerate(rows)
        ]


def causes(services: Services, by: ScoreCause, **scope: Any) -> dict[str, Any]:
    return services.alerts.score_causes.list(by, 10, **scope)


@pytest.mark.parametrize("by", [ScoreCause.MONITOR, ScoreCause.HOST, ScoreCause.MESSAGE, ScoreCause.ALERT])
def test_the_costs_of_all_causes_are_the_load(services: Services, alert_ids: list[int], by: ScoreCause) -> None:
    found = causes(services, by)
    assert sum(cause["cost"] for cause in found["causes"]) == pytest.approx(found["load"], abs=0.001)
    assert sum(cause["alerts"] for cause in found["causes"]) == 4


def test_what_is_regained_is_points_of_the_score(
    services: Services, time: Time, monitor_id: int, hosts: Sequence[Any], alert_ids: list[int]
) -> None:
    found = causes(services, ScoreCause.HOST)
    first, *others = found["causes"]
    assert (first["id"], first["name"], first["alerts"]) == (hosts[0]["id"], hosts[0]["display_name"], 2)
    assert {cause["name"] for cause in others} == {hosts[1]["display_name"], None}
    before = services.alerts.scores.score()["score"]
    services.alerts.alert_actions.acknowledge_many(EDITOR, ids=alert_ids[:2])
    assert services.alerts.scores.score()["score"] - before == pytest.approx(first["regained_at_once"], abs=1)
    assert causes(services, ScoreCause.HOST)["causes"][0]["regained_at_once"] == 0
    with services.database.transaction() as connection:
        for alert_id in alert_ids[:2]:
            end_alert(connection, alert_id)
    time.pass_by(24 * 3600)
    assert services.alerts.scores.score()["score"] - before == pytest.approx(first["regained"], abs=1)


def test_causes_are_those_of_the_scope(
    services: Services, monitor_id: int, hosts: Sequence[Any], alert_ids: list[int]
) -> None:
    [message] = causes(services, ScoreCause.MESSAGE, host_id=hosts[1]["id"])["causes"]
    assert (message["name"], message["severity"], message["open_alerts"]) == ("Disk", 1, 1)
    [monitor] = causes(services, ScoreCause.MONITOR)["causes"]
    assert (monitor["id"], monitor["name"]) == (monitor_id, "demo")
    with pytest.raises(NotFound):
        causes(services, ScoreCause.HOST, monitor_id=999)


def test_a_group_costs_what_its_hosts_cost(services: Services, hosts: Sequence[Any], alert_ids: list[int]) -> None:
    found = {cause["name"]: cause["alerts"] for cause in causes(services, ScoreCause.GROUP)["causes"]}
    numbers = {hosts[0]["id"]: 2, hosts[1]["id"]: 1}
    wanted: dict[str, int] = {}
    for host in hosts:
        for group in host["groups"]:
            wanted[group] = wanted.get(group, 0) + numbers.get(host["id"], 0)
    assert found == {group: number for group, number in wanted.items() if number}


def test_without_alerts_nothing_would_help(services: Services, hosts: Sequence[Any]) -> None:
    assert [causes(services, by)["causes"] for by in ScoreCause] == [[]] * 5
