"""What sources are told that a window covers: exactly that, or less, or nothing with the reason."""

from typing import Any

import pytest

from app.errors import Invalid
from app.rules.maintenance.source_scopes import SourceHost, WindowScope, scope_of_hosts, scope_of_labels
from app.rules.matchers.matcher import do_hold

WEB = SourceHost(1, "101", "web1", "网站 1", ("web", "eu"), {"job": "node", "instance": "web1:9100"})
DB = SourceHost(2, "102", "db1", "数据库", ("db", "eu"), {"job": "node", "instance": "db1:9100"})
HOSTS = (WEB, DB)


def scope(match: str = "", **parts: Any) -> WindowScope:
    return WindowScope.of({"monitor_id": None, "host_id": None, "group": None, **parts, "match": match})


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (scope(monitor_id=1), None),
        (scope('{alert.monitor="zbx"}'), None),
        (scope(host_id=2), ["102"]),
        (scope(group="eu"), ["101", "102"]),
        (scope(group="none"), []),
        (scope('{alert.host="网站 1"}'), ["101"]),
        (scope('{alert.host=~"web.*|db1", alert.host!="db1"}'), ["101"]),
        (scope('{alert.group!="db"}'), ["101"]),
        (scope('{alert.host=~"db.*"}', group="web"), []),
    ],
)
def test_a_source_of_hosts_is_told_the_hosts(window: WindowScope, expected: list[str] | None) -> None:
    assert scope_of_hosts(window, "zbx", HOSTS) == expected


@pytest.mark.parametrize(
    "match", ['{team="pay"}', '{alert.severity="critical"}', '{alert.host="web1",alert.item="cpu"}']
)
def test_a_source_of_hosts_cannot_be_told_anything_else(match: str) -> None:
    with pytest.raises(Invalid, match="cannot be told to zbx") as refused:
        scope_of_hosts(scope(match), "zbx", HOSTS)
    assert refused.value.field == "match"


def silenced(window: WindowScope, labels: dict[str, str]) -> bool:
    return any(do_hold(matchers, labels, {}) for matchers in scope_of_labels(window, "am", HOSTS))


def test_a_source_of_labels_is_told_the_matchers() -> None:
    window = scope('{team=~"pay.*", env!="test"}', monitor_id=1)
    [matchers] = scope_of_labels(window, "am", ())
    assert [(one.name, str(one.operator), one.value) for one in matchers] == [
        ("team", "=~", "pay.*"),
        ("env", "!=", "test"),
    ]


@pytest.mark.parametrize("match", ["", '{env!="test"}', '{alert.monitor="am"}'])
def test_a_silence_matches_no_alert_without_labels(match: str) -> None:
    [matchers] = scope_of_labels(scope(match, monitor_id=1), "am", ())
    assert (matchers[-1].name, matchers[-1].value) == ("alertname", ".+")


def test_the_host_of_an_alert_is_the_first_of_its_labels_that_name_one() -> None:
    window = scope('{alert.host=~"web.*", team="pay"}')
    assert silenced(window, {"team": "pay", "instance": "web1:9100"})
    assert silenced(window, {"team": "pay", "node": "web1"})
    assert not silenced(window, {"team": "pay", "instance": "db1:9100", "node": "web1"})
    assert not silenced(window, {"team": "ops", "instance": "web1:9100"})


def test_hosts_by_number_or_group_are_told_by_job_and_instance() -> None:
    assert silenced(scope(host_id=1), {"job": "node", "instance": "web1:9100"})
    assert not silenced(scope(host_id=1), {"job": "other", "instance": "web1:9100"})
    assert silenced(scope(group="eu"), {"job": "node", "instance": "db1:9100"})
    assert scope_of_labels(scope(group="none"), "am", HOSTS) == []


@pytest.mark.parametrize("match", ['{alert.host!="web1"}', '{alert.host=~".*"}', '{alert.severity="critical"}'])
def test_what_labels_cannot_say_is_refused(match: str) -> None:
    with pytest.raises(Invalid, match="cannot be told to am"):
        scope_of_labels(scope(match), "am", HOSTS)


def test_too_many_silences_are_refused() -> None:
    many = [WEB._replace(id=n, labels={"job": "node", "instance": f"web{n}"}) for n in range(101)]
    with pytest.raises(Invalid, match="101 silences") as refused:
        scope_of_labels(scope(group="eu"), "am", many)
    assert refused.value.field == "group"


def test_a_window_is_of_the_monitors_that_it_names() -> None:
    assert scope(monitor_id=1).is_of(1, "zbx")
    assert not scope(monitor_id=1).is_of(2, "am")
    assert scope('{alert.monitor=~"z.*"}').is_of(1, "zbx")
    assert not scope('{alert.monitor!="zbx"}').is_of(1, "zbx")
