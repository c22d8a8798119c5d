"""The built-in texts as templates say what the built-in texts say, and templates see what a message is about."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.channels.template_sandbox import Sandbox
from app.enums import Language, Severity
from app.rules.response.notification_context import MAX_ALERTS, context_of
from app.rules.response.notification_examples import ANNOTATIONS, EXAMPLES
from app.rules.response.notification_templates import BODY, DEFAULTS, MAX_BODY, MAX_TITLE, TITLE
from app.rules.response.notification_texts import stories_of, text_of
from app.rules.response.notifications import Change, Rule
from tests.unit.rules.response.test_notification_details import pod
from tests.unit.rules.response.test_notifications import ACKNOWLEDGED, RESOLVED, RULE, change

URL = "https://nagare.example"
RULES = (RULE, replace(RULE, language=Language.CHINESE, timezone="Asia/Shanghai"))
MESSAGES: Sequence[Sequence[Change]] = (
    *EXAMPLES,
    [change(1)],
    [change(1, ACKNOWLEDGED, username="王芳")],
    [pod(1), pod(2), pod(3, kind=RESOLVED, resolution="stale"), pod(4, severity=Severity.CRITICAL)],
    [pod(number, description="x" * 300) for number in range(1, 30)],
    [pod(number) for number in range(1, 200)],
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.language))
@pytest.mark.parametrize("changes", MESSAGES)
def test_the_default_templates_write_the_built_in_text(rule: Rule, changes: Sequence[Change]) -> None:
    context = json.loads(json.dumps(context_of(rule, "on call", stories_of(rule, changes), base_url=URL)))
    sandbox, expected = Sandbox(rule.timezone), text_of(rule, changes, URL)
    defaults = DEFAULTS[rule.language]
    assert sandbox.render(defaults[TITLE], context, MAX_TITLE) == (expected.title, False)
    assert sandbox.render(defaults[BODY], context, MAX_BODY) == (expected.body, False)
    assert (context["default_title"], context["default_body"]) == (expected.title, expected.body)


def test_a_template_sees_the_alert_as_its_source_told_of_it() -> None:
    stories = stories_of(RULES[1], [pod(7, severity=Severity.CRITICAL)])
    context = context_of(RULES[1], "值班", stories, {7: {"runbook_url": "http://runbook"}}, URL)
    [alert] = context["alerts"]
    expected = {
        "id": 7,
        "kind": "fired",
        "severity": "严重",
        "severity_code": 2,
        "source_severity": "page",
        "status": "active",
        "host": "",
        "value": "5",
        "duration": "2h",
        "annotations": {"runbook_url": "http://runbook"},
        "started_at": "2026-01-31T10:00:00+00:00",
        "source_url": "http://prometheus.example/graph",
        "url": "https://nagare.example/alerts/7",
        "group": "web, 机房",
    }
    assert {name: alert[name] for name in expected} == expected
    assert alert["labels"]["pod"] == "cart-7"
    assert list(alert["important_labels"])[:3] == ["cluster", "namespace", "pod"]


def test_alerts_are_counted_also_those_that_a_template_does_not_see() -> None:
    changes = [pod(number) for number in range(1, 301)] + [change(1000, RESOLVED, alert_id=1)]
    context = context_of(RULE, "on call", stories_of(RULE, changes))
    assert len(context["alerts"]) == MAX_ALERTS
    assert context["counts"] == {
        **{"alerts": 300, "fired": 300, "acknowledged": 0, "resolved": 1},
        **{"critical": 0, "warning": 300, "info": 0},
    }


def test_all_that_is_tried_has_all_that_a_message_has() -> None:
    real = context_of(RULE, "on call", stories_of(RULE, [pod(1)]))
    for changes in EXAMPLES:
        tried = context_of(RULE, "on call", stories_of(RULE, changes), ANNOTATIONS)
        assert tried.keys() == real.keys()
        assert {frozenset(alert) for alert in tried["alerts"]} == {frozenset(real["alerts"][0])}
