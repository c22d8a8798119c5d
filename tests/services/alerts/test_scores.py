"""The health score of a part of the fleet, what costs it most, and what it was."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from app.composition import Services
from app.enums import Severity
from app.errors import NotFound
from app.rules.alerts.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.store.database.pages import PageRequest
from tests.services.conftest import Time, add_user

ALL = PageRequest(limit=500)
FIRING = AlertReport("zabbix", "1", True, "磁盘空间不足", Severity.CRITICAL)


def say(services: Services, time: Time, monitor_id: int, *reports: AlertReport) -> None:
    with services.database.transaction() as connection:
        AlertIntake().take_in(connection, monitor_id, reports, time.now)


@pytest.fixture
def hosts(services: Services, monitor_id: int) -> Sequence[Any]:
    services.inventory.pulls.hosts(monitor_id)
    return services.inventory.inventory.list_hosts(ALL, monitor_id=monitor_id).items


@pytest.fixture
def other_id(services: Services) -> int:
    """Return the id of a second monitor, with one host."""
    other_id = int(
        services.inventory.monitors.create({"name": "乙", "type": "simulator", "url": "simulator://o?hosts=1"})["id"]
    )
    services.inventory.pulls.hosts(other_id)
    return other_id


def test_each_scope_has_a_score_over_its_own_hosts(
    services: Services, time: Time, monitor_id: int, other_id: int, hosts: Sequence[Any]
) -> None:
    say(services, time, monitor_id, replace(FIRING, host_external_id=hosts[0]["external_id"]))
    say(services, time, other_id, replace(FIRING, severity=Severity.WARNING, host_external_id="1"))
    score = services.alerts.scores.score
    assert [score()[name] for name in ("load", "hosts")] == [6.25, 4]
    assert [score(monitor_id=monitor_id)[name] for name in ("score", "load", "hosts")] == [79, 6.667, 3]
    assert [score(monitor_id=other_id)[name] for name in ("load", "hosts")] == [5.0, 1]
    assert [score(host_id=hosts[0]["id"])[name] for name in ("score", "load", "hosts")] == [50, 20.0, 1]
    assert score(host_id=hosts[1]["id"])["score"] == 100
    group = next(group for group in hosts[0]["groups"] if group not in hosts[1]["groups"])
    assert score(group=group)["hosts"] == len(services.inventory.inventory.list_hosts(ALL, group=group).items)
    assert score(group="没有")["score"] == 100
    with pytest.raises(NotFound):
        score(monitor_id=999)
    with pytest.raises(NotFound):
        score(host_id=999)


def test_the_hosts_and_alerts_that_cost_most_come_first(
    services: Services, time: Time, monitor_id: int, hosts: Sequence[Any]
) -> None:
    first, second, third = (host["external_id"] for host in hosts)
    say(
        services,
        time,
        monitor_id,
        replace(FIRING, external_id="1", severity=Severity.INFO, host_external_id=first),
        replace(FIRING, external_id="2", severity=Severity.CRITICAL, host_external_id=second),
        replace(FIRING, external_id="3", severity=Severity.WARNING, host_external_id=third),
        replace(FIRING, external_id="4", severity=Severity.WARNING, host_external_id=third),
        replace(FIRING, external_id="5", severity=Severity.WARNING),
    )
    why = services.alerts.scores.why()
    assert [(host["host_id"], host["cost"], host["alerts"]) for host in why["hosts"]] == [
        (hosts[1]["id"], 6.666667, 1),
        (hosts[2]["id"], 3.333333, 2),
        (hosts[0]["id"], 0.333333, 1),
    ]
    assert [alert["cost"] for alert in why["alerts"]] == [6.666667, 1.666667, 1.666667, 1.666667, 0.333333]
    assert why["load"] == services.alerts.scores.score()["load"] == 12.0
    editor = Editor(add_user(services, "a"), "a")
    services.alerts.alert_actions.resolve(why["alerts"][0]["id"], editor)
    assert services.alerts.scores.why()["hosts"][0]["cost"] == 3.333333
    time.pass_by(25 * 3600)
    assert len(services.alerts.scores.why()["alerts"]) == 4


@pytest.mark.parametrize("seed", range(5))
def test_the_costs_of_all_alerts_are_the_load_and_scopes_add_up(
    services: Services, time: Time, monitor_id: int, other_id: int, hosts: Sequence[Any], seed: int
) -> None:
    dice = Random(seed)
    editor = Editor(1, "somebody")
    for of in (monitor_id, other_id):
        for number in range(5):
            host = dice.choice([None, "1", "2"])
            severity = dice.choice(list(Severity))
            say(services, time, of, replace(FIRING, external_id=str(number), severity=severity, host_external_id=host))
    for alert in services.alerts.alerts.list(ALL).items:
        act = dice.choice([None, services.alerts.alert_actions.acknowledge, services.alerts.alert_actions.resolve])
        if act is not None:
            act(alert["id"], editor)
    time.pass_by(dice.uniform(0, 24 * 3600))
    why, score = services.alerts.scores.why(), services.alerts.scores.score
    assert sum(alert["cost"] for alert in why["alerts"]) == pytest.approx(why["load"], abs=0.001)
    assert why["load"] == score()["load"]
    weights = [score(monitor_id=of)["load"] * score(monitor_id=of)["hosts"] for of in (monitor_id, other_id)]
    assert sum(weights) / score()["hosts"] == pytest.approx(why["load"], abs=0.001)


def test_a_sample_is_taken_each_five_minutes_by_one_of_two(
    services: Services, time: Time, monitor_id: int, hosts: Sequence[Any]
) -> None:
    for _ in range(2):
        services.alerts.scores.tick()
    say(services, time, monitor_id, FIRING)
    time.pass_by(299)
    services.alerts.scores.tick()
    time.pass_by(1)
    services.alerts.scores.tick()
    services.alerts.scores._sampled_at = None
    services.alerts.scores.tick()
    for scope in (None, monitor_id):
        samples = services.alerts.scores.history(ALL, monitor_id=scope).items
        assert [(sample["at"].minute, sample["score"], sample["open_alerts"]) for sample in samples] == [
            (5, 79, 1),
            (0, 100, 0),
        ]
    assert len(services.alerts.scores.history(ALL, after=samples[1]["at"]).items) == 1
    assert len(services.alerts.scores.history(ALL, before=samples[0]["at"]).items) == 1
    time.pass_by(31 * 86_400)
    services.alerts.scores.tick()
    assert len(services.alerts.scores.history(ALL).items) == 1


def test_a_new_monitor_does_not_inherit_a_history(services: Services, time: Time, monitor_id: int) -> None:
    services.alerts.scores.tick()
    services.inventory.monitors.delete(monitor_id)
    again = services.inventory.monitors.create({"name": "demo", "type": "simulator", "url": "simulator://demo"})["id"]
    assert services.alerts.scores.history(ALL, monitor_id=again).items == []
