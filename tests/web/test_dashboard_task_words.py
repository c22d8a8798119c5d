"""Reasons, errors and progress of tasks in the reader's language: no code and no English of ours in Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.ctx import RequestContext

from app import errors
from app.errors import NagareError
from app.services.ledger.malformed_messages import STRAY_REASONS
from app.web.dashboard.task_words import error_text, progress_text
from app.web.dashboard.translation import CATALOGUES, status_text

SERVICES = Path(__file__).parents[2] / "app" / "services"
NOT_OF_TASKS = {
    *("unauthorized", "forbidden", "too_many_requests", "overloaded", "too_many_streams", "no_streams", "settings"),
}
"""Codes that only answers to requests have."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def codes(kind: type[NagareError] = NagareError) -> Iterator[str]:
    if kind.__module__ == errors.__name__:
        yield kind.code
    for child in kind.__subclasses__():
        yield from codes(child)


def reasons() -> set[str]:
    """Return each code that a task can have failed with."""
    return {*codes(), *STRAY_REASONS, "internal_error"}


def test_each_reason_has_a_name_and_a_sentence_in_both_languages() -> None:
    assert len(reasons()) > 30
    wanted = {f"reason.{code}" for code in reasons()} | {f"reason_says.{code}" for code in reasons() - NOT_OF_TASKS}
    assert {key for key in wanted if key not in CATALOGUES["en"]} == set()
    assert {key for key in wanted if not CHINESE.search(CATALOGUES["zh"].get(key, ""))} == set()


def test_each_step_of_a_task_is_told_in_units_that_have_texts() -> None:
    steps = [node for path in SERVICES.rglob("*.py") for node in steps_in(path)]
    assert len(steps) > 20
    assert [ast.unparse(node) for node in steps if not is_translatable(node)] == []


def steps_in(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step":
            yield node


def is_translatable(step: ast.Call) -> bool:
    message = step.args[2]
    is_blank = isinstance(message, ast.Constant) and message.value == ""
    return is_blank or (isinstance(message, ast.Call) and ast.unparse(message.func) == "counted")


@pytest.mark.parametrize(
    ("message", "english", "chinese"),
    [
        ("1200 items", "1,200 items", "1,200 个监控项"),
        ("pull_alerts: 83 alerts", "Pull alerts: 83 alerts", "拉取告警：83 条告警"),
        ("5 values, 2 hours", "5 values, 2 hours", "5 个值，2 小时"),
        ("whatever an older release said", "whatever an older release said", "whatever an older release said"),
    ],
)
def test_progress_is_told_in_the_readers_language(app: Flask, message: str, english: str, chinese: str) -> None:
    with speaking(app, "en"):
        assert progress_text(message) == english
    with speaking(app, "zh"):
        assert progress_text(message) == chinese


def test_errors_are_told_in_chinese_and_a_sources_words_are_quoted(app: Flask) -> None:
    with speaking(app, "en"):
        assert error_text("zbx did not respond in time", "source_timeout") == "zbx did not respond in time"
        assert error_text(None) == ""
    with speaking(app, "zh"):
        assert error_text("zbx did not respond in time", "source_timeout") == "zbx 没有及时应答"
        assert error_text("No permissions!", "source_rejected") == "来源说：“No permissions!”"
        assert error_text("KeyError: 'x'", "internal_error") == "原文：“KeyError: 'x'”"
        assert status_text("zbx did not respond in time") == "zbx 没有及时应答"
        assert status_text("snmp down") == "来源说：“snmp down”"


def speaking(app: Flask, language: str) -> RequestContext:
    return app.test_request_context("/", headers={"Cookie": f"nagare_language={language}"})
