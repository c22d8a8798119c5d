"""Each of Celery's remote control commands, and each of its commands, is decided and described."""

import re
from pathlib import Path

import pytest
from celery.bin.celery import celery as command_line
from celery.worker.control import Panel

from tasks.consumer import Consumer
from tasks.control import ALLOWED, REFUSED, refusal
from tasks.refused_commands import REFUSED as REFUSED_COMMANDS

PAGE = (Path(__file__).parents[3] / "docs" / "celery.md").read_text()


def described(heading: str) -> set[str]:
    """What stands in the first column of a section's tables."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| ([^|]*) \|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall("`([^`]+)`", cell)}


def test_each_remote_control_command_is_decided() -> None:
    assert not ALLOWED & {*REFUSED}
    assert {*Panel.meta} == ALLOWED | {*REFUSED}


def test_each_remote_control_command_is_described() -> None:
    assert described("Broadcasts") == ALLOWED | {*REFUSED}


def test_each_command_is_described() -> None:
    assert {*REFUSED_COMMANDS} <= {*command_line.commands}
    assert {name.split()[0] for name in described("Commands")} == {*command_line.commands}


def test_each_option_of_a_worker_and_of_beat_is_described() -> None:
    for command in ("worker", "beat"):
        options = [parameter.opts for parameter in command_line.commands[command].params]
        missing = [opts for opts in options if not {*opts} & described(f"Options of `{command}`")]
        assert missing == []


@pytest.mark.parametrize("command", ["dump_active", "no_such", "", None, ["ping"], {"ping": 1}, "x" * 10_000])
def test_what_is_not_on_the_list_is_refused(command: object) -> None:
    reason = refusal(command)
    assert reason is not None
    assert len(reason) < 300


def test_a_consumer_adds_no_queue_of_others() -> None:
    with pytest.raises(ValueError, match="evil is not a nagare queue"):
        object.__new__(Consumer).add_task_queue("evil")
