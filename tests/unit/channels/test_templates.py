"""What templates can write, what is said of wrong ones, and what hostile ones cannot do."""

import os
import time
from typing import Any

import pytest

from app.channels import template_renderer
from app.channels.template_renderer import Rendered, TemplateFault, TemplateRenderer
from app.channels.template_sandbox import Fault, Sandbox
from app.rules.response.notification_context import context_of
from app.rules.response.notification_examples import ANNOTATIONS, EXAMPLES
from app.rules.response.notification_templates import BODY, DEFAULTS, MAX_BODY, MAX_TITLE, TITLE
from app.rules.response.notification_texts import stories_of
from tests.unit.rules.response.test_notifications import RULE

CONTEXTS = [context_of(RULE, "on call", stories_of(RULE, changes), ANNOTATIONS) for changes in EXAMPLES]
FULL = CONTEXTS[0]


def write(source: str, context: dict[str, Any] = FULL) -> str:
    return Sandbox("Asia/Shanghai").render(source, context, MAX_BODY)[0]


def fault_of(source: str) -> Fault:
    with pytest.raises(Fault) as raised:
        write(source)
    return raised.value


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ alerts[0].message|upper }}", "DISK SPACE RUNNING LOW"),
        ("{{ alerts[0].started_at|time }}", "2026-01-31 19:55:00 CST"),
        ("{{ alerts[0].started_at|time('%H:%M') }}", "19:55"),
        ("{{ alerts[0].ended_at|time }}|", "|"),
        ("{{ alerts[0].labels.team }}/{{ alerts[0].labels['nothing'] }}", "pay/"),
        ("{{ alerts[0].annotations.runbook_url }}", "https://runbooks.example/disk"),
        ("{{ alerts[0].important_labels|labels }}", "cluster=eu, mountpoint=/data, team=pay"),
        ("{{ alerts[0].description|short(20) }}", "The file system has…"),
        ("{% for name, value in alerts[0].labels.items() if name == 'team' %}{{ value }}{% endfor %}", "pay"),
        ("{% set ns = namespace(n=0) %}{% for _ in range(3) %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}", "3"),
        ("{{ notification }} {{ counts.alerts }} {{ timezone }}", "on call 1 UTC"),
        ("{{ '%s %s'|format(1, 2) }} {{ '{} {}'.format(3, 4) }}", "1 2 3 4"),
        ("a\x07b\u202ec{{ '\\x1b' }}", "abc"),
        ("{{ alerts|map(attribute='__class__')|list }}", "[Undefined]"),
        ("{{ [1]|pprint }} {{ 'a b'|wordwrap(1) }} {{ {'a': 1}|tojson }}", '[1] a\nb {"a": 1}'),
        ("{% if alerts[0].kind == 'fired' %}\nyes\n{% endif %}\n", "yes"),
    ],
)
def test_what_a_template_can_write(source: str, text: str) -> None:
    assert write(source) == text


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{{ alert.message }}", 2, "`alert` is unknown; known are: alerts, counts, default_body"),
        (
            "{% for a in alerts %}\n{{ a.hots }}{% endfor %}",
            2,
            "there is no `hots` here; there are: annotations, at, by",
        ),
        ("\n\n{{ counts.alrts }}", 3, "there is no `alrts` here; there are: acknowledged, alerts, critical"),
        ("{{ alerts.message }}", 1, "a list of 1 has no `message`: use a loop"),
        ("{{ alerts[7].message }}", 1, "a list of 1 has no `7`"),
        ("{% if false %}{{ typo }}{% endif %}", 1, "`typo` is unknown"),
        ("a\n{% for x in alerts %}", 2, "Unexpected end of template"),
        ("{{ 1|nothing }}", 1, "No filter named 'nothing'"),
        ("{{ 1 +\n* 2 }}", 2, "unexpected '*'"),
        ("\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("{{ alerts[0].message + 1 }}", 1, "TypeError"),
        ("\n{% include 'other' %}", 2, "there are no other templates"),
        ("{% import '/etc/passwd' as p %}", 1, "there are no other templates"),
        ("{% extends 'other' %}", 1, "there are no other templates"),
        ("{{ alerts[0].message|time }}", 1, "ValueError"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_there_is(source: str, line: int, words: str) -> None:
    fault = fault_of(source)
    assert words in str(fault)
    assert fault.line == line


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ '{x.__class__.__init__.__globals__}'.format_map({'x': 1}) }}",
        "{{ ''.format.__self__ }}",
        "{{ ('{0.__class__}'|attr('format'))(1) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ lipsum(n=99999) }}",
        "{{ lipsum.__globals__.os }}",
        "{{ cycler.__init__ }}",
        "{{ joiner.__init__ }}",
        "{{ dict.__subclasses__() }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ range.__self__ }}",
        "{{ [].append(1) }}{{ alerts.append(1) }}",
        "{{ alerts[0].update(a=1) }}",
        "{{ alerts[0].labels.clear() }}",
        "{% macro m() %}{{ m.__code__ }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% block b %}{{ self.b() }}{% endblock %}",
        "{{ range(10 ** 9) }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ config }}{{ request }}{{ g }}{{ url_for }}",
    ],
)
def test_nobody_gets_out_of_the_sandbox(source: str) -> None:
    fault = fault_of(source)
    assert "<class" not in str(fault) and "0x" not in str(fault)


RESOURCES = {
    "memory at once": "{{ 'a' * 10 ** 10 }}",
    "memory by a filter": "{{ 'a'|center(10 ** 10) }}",
    "memory by a format": "{{ '%9999999999d'|format(1) }}",
    "memory by doubling": "{% set ns = namespace(a='aaaaaaaa') %}{% for _ in range(99) %}"
    "{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}",
    "memory by a list": "{{ ([1] * 10 ** 9)|length }}",
    "time by loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "time by a power": "{{ 9 ** (9 ** 9) }}",
}


@pytest.mark.parametrize("source", RESOURCES.values(), ids=RESOURCES)
def test_a_template_takes_no_more_time_and_memory_than_it_may(source: str) -> None:
    used = os.times()
    answer = TemplateRenderer().render({TITLE: "fine", BODY: source}, FULL, "UTC")
    now = os.times()
    assert isinstance(answer, TemplateFault)
    assert answer.field == BODY
    assert "memory" in str(answer) or "MiB" in str(answer) or "Error" in str(answer), answer
    spent = now.children_user + now.children_system - used.children_user - used.children_system
    assert spent < template_renderer.CPU_S + 1


def test_a_long_text_is_cut_and_says_so() -> None:
    answer = TemplateRenderer().render({TITLE: "{{ 'a' * 999 }}\nb", BODY: "{{ 'ab ' * 99999 }}"}, FULL, "UTC")
    assert isinstance(answer, dict)
    assert answer[TITLE] == Rendered("a" * (MAX_TITLE - 1) + "…", True)
    assert (len(answer[BODY].text), answer[BODY].is_cut) == (MAX_BODY, True)


def test_what_jinja_loads_late_works_in_the_confined_process() -> None:
    source = (
        "{{ [1]|pprint }}{{ 'a'|urlize }}{{ 'a b'|wordwrap(1) }}{{ '<b>a'|striptags }}{{ 1|tojson }}{{ 'é'|urlencode }}"
    )
    assert TemplateRenderer().render({BODY: source}, FULL, "Asia/Shanghai") == {
        BODY: Rendered("[1]aa\nba1%C3%A9", False)
    }


def test_a_loop_without_end_is_cut_before_it_takes_the_time() -> None:
    source = "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}"
    answer = TemplateRenderer().render({BODY: source}, FULL, "UTC")
    assert isinstance(answer, dict) and answer[BODY].is_cut


def test_the_process_knows_no_secret_and_opens_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARE_SECRET_KEY", "s3cr3t-key-of-the-parent")
    monkeypatch.setattr(template_renderer, "PROGRAM", "tests.unit.channels.escaped_template")
    assert TemplateRenderer().render({BODY: "x"}, FULL, "UTC") == {
        BODY: Rendered(
            "open refused, os.listdir refused, os.system refused, socket.socket refused, ['PYTHONPATH']", False
        )
    }


def test_a_machine_that_is_too_busy_blames_no_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_renderer, "PROGRAM", "app.channels.nothing")
    answer = TemplateRenderer().render({BODY: "x"}, FULL, "UTC")
    assert isinstance(answer, TemplateFault) and "too busy" in str(answer)


def test_templates_are_tried_with_all_contexts() -> None:
    renderer = TemplateRenderer()
    for defaults in DEFAULTS.values():
        assert renderer.find_fault(defaults, CONTEXTS, "Asia/Shanghai") is None
    only_one = {BODY: "{{ alerts[0].by }}\n{% if counts.alerts > 1 %}{{ alerts[1].nothing }}{% endif %}"}
    fault = renderer.find_fault(only_one, CONTEXTS, "UTC")
    assert fault is not None
    assert str(fault).startswith("line 2: there is no `nothing` here")


def test_what_a_template_costs_when_it_is_fine() -> None:
    begun = time.monotonic()
    assert isinstance(TemplateRenderer().render(DEFAULTS[RULE.language], FULL, "UTC"), dict)
    assert time.monotonic() - begun < template_renderer.TIMEOUT_S
