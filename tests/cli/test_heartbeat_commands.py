"""Heartbeats from a shell."""

import json
import re

import pytest

from app.composition import Services
from app.enums import PingKind
from app.services.liveness.heartbeat_pings import Ping
from tests.cli.test_commands import Nagare, nagare
from tests.cli.test_operator_commands import services

__all__ = ["nagare", "services"]


def test_heartbeats_come_ping_and_go(nagare: Nagare, services: Services) -> None:
    assert nagare("heartbeats", "list") == "There are no heartbeats.\n"
    added = nagare(
        "heartbeats", "add", "夜间", "--cron", "30 2 * * *", "--zone", "Asia/Shanghai", "--label", "host=db-01"
    )
    found = re.search(r"/api/v1/heartbeats/(hb_[0-9a-f]{40})\n", added)
    assert found is not None
    services.liveness.heartbeat_pings.receive(found[1], Ping(PingKind.FAIL, 3, "no space left"))
    [row] = json.loads(nagare("heartbeats", "list", "--status", "down", "--json"))
    assert (row["name"], row["labels"], row["grace_s"]) == ("夜间", {"host": "db-01"}, 300)
    assert nagare("heartbeats", "list", "--status", "up", "--json") == "[]\n"
    assert "fail  3                         no space left" in nagare("heartbeats", "pings", "夜间")
    assert nagare("heartbeats", "pause", "夜间") == "Paused 夜间.\n"
    assert nagare("heartbeats", "resume", "夜间") == "Resumed 夜间.\n"
    new = nagare("heartbeats", "token", "夜间")
    assert new.startswith("The address of 夜间 (shown only now): ") and found[1] not in new
    assert nagare("heartbeats", "remove", "夜间") == "Removed 夜间.\n"


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "n"), "nagare: interval_s: Give either interval_s or cron."),
        (("add", "n", "--every", "60", "--cron", "0 * * * *"), "nagare: interval_s: Give either"),
        (("add", "n", "--cron", "每天"), "nagare: cron: Must be five fields"),
        (("add", "n", "--every", "60", "--label", "host"), "'host' is not NAME=VALUE"),
        (("add", "n", "--every", "60", "--monitor", "999"), "there is no monitor 999"),
        (("token", "夜间"), "there is no heartbeat 夜间"),
    ],
)
def test_what_cannot_be_is_told(nagare: Nagare, arguments: tuple[str, ...], said: str) -> None:
    assert said in nagare("heartbeats", *arguments, code=2 if "NAME" in said else 1)
