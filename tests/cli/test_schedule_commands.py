"""Schedules from a shell."""

import json

import pytest

from app.composition import Services
from tests.cli.test_commands import Nagare, nagare
from tests.cli.test_operator_commands import services

__all__ = ["nagare", "services"]


@pytest.fixture
def monitor(services: Services) -> str:
    return str(
        services.inventory.monitors.create({"name": "上海", "type": "simulator", "url": "simulator://demo"})["id"]
    )


def test_schedules_come_rest_and_go(nagare: Nagare, monitor: str) -> None:
    assert nagare("schedules", "list") == "There are no schedules.\n"
    added = nagare("schedules", "add", "夜间", "30 2 * * *", "sync", "--zone", "Asia/Shanghai", "--monitor", monitor)
    assert added.startswith("Added 夜间; its first run is at ")
    assert added.endswith(" 18:30 UTC.\n")
    assert nagare("schedules", "pause", "夜间") == "Paused 夜间.\n"
    [row] = json.loads(nagare("schedules", "list", "--json"))
    assert (row["enabled"], row["cron"], row["params"]) == (False, "30 2 * * *", {"monitor_id": int(monitor)})
    assert nagare("schedules", "resume", "夜间").startswith("Resumed 夜间; its next run is at ")
    assert "夜间  30 2 * * *  Asia/Shanghai" in nagare("schedules", "list")
    assert nagare("schedules", "remove", "夜间") == "Removed 夜间.\n"
    assert nagare("schedules", "list", "--json") == "[]\n"


def test_test_alerts_are_scheduled_with_what_was_said(nagare: Nagare, services: Services) -> None:
    nagare("schedules", "add", "alerts", "*/5 * * * *", "generate_alerts", "--count", "3", "--severity", "0")
    [row] = json.loads(nagare("schedules", "list", "--json"))
    assert row["params"] == {"count": 3, "severity": 0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "n", "每天", "sync", "--monitor", "1"), "nagare: cron: Must be five fields"),
        (("add", "n", "* * * * *", "sync"), "nagare: params.monitor_id: Missing data"),
        (("add", "n", "* * * * *", "sync", "--monitor", "1", "--count", "3"), "nagare: params.count: Unknown field"),
        (("add", "n", "* * * * *", "sync", "--monitor", "1", "--zone", "火星"), "IANA"),
        (("add", "n", "* * * * *", "sync", "--monitor", "999"), "there is no monitor 999"),
        (("pause", "夜间"), "there is no schedule 夜间"),
        (("remove", "夜间"), "there is no schedule 夜间"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    nagare: Nagare, monitor: str, arguments: tuple[str, ...], said: str
) -> None:
    printed = nagare("schedules", *arguments, code=1)
    assert said in printed
    assert printed.count("\n") == 1
