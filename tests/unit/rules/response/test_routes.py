"""Which routes take a change, as Alertmanager walks its tree, and that the explanation says the same."""

import random
from dataclasses import replace
from typing import Any

import pytest

from app.enums import NotificationKind, RouteTarget, Severity
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.syntax import parse
from app.rules.matchers.texts import text_of
from app.rules.response.notifications import Change
from app.rules.response.route_filters import conditions_of, failing
from app.rules.response.route_trials import explain
from app.rules.response.routes import Route, Tree, decide, decide_all, is_told_elsewhere
from tests.unit.rules.response.test_notifications import RULE, change


def route(id: int, parent_id: int | None = None, *, match: str = "", **values: Any) -> Route:
    own = {name: values.pop(name) for name in ("min_severity", "monitor_id", "group", "on") if name in values}
    rule = replace(RULE, id=id, match=parse(match, ALERT_FIELDS), **own)
    base = Route(rule, f"route {id}", parent_id, position=id, continues=False, target=RouteTarget.CHANNEL)
    return replace(base, **values)


def taken(routes: list[Route], of: Change) -> list[int]:
    return [each.route.id for each in decide(Tree(routes), of)]


def test_flat_routes_that_continue_all_take_what_they_match() -> None:
    flat = [route(1, continues=True), route(2, continues=True, min_severity=2), route(3, continues=True, monitor_id=1)]
    assert taken(flat, change(1)) == [1, 3]


def test_the_first_that_matches_stops_the_others() -> None:
    assert taken([route(1, group="nobody"), route(2), route(3)], change(1)) == [2]
    assert taken([route(1, position=5), route(2)], change(1)) == [2]


def test_the_children_are_asked_before_their_parent() -> None:
    tree = [route(1), route(2, 1, min_severity=2), route(3, 1, monitor_id=1), route(4)]
    assert taken(tree, change(1)) == [3]
    assert taken(tree, change(1, monitor_id=9)) == [1]
    assert taken(tree, change(1, severity=Severity.CRITICAL)) == [2]


def test_a_child_is_not_asked_for_what_its_parent_does_not_match() -> None:
    assert taken([route(1, group="nobody"), route(2, 1)], change(1)) == []


def test_several_children_take_a_change_if_they_continue() -> None:
    tree = [route(1, continues=True), route(2, 1, continues=True), route(3, 1), route(4, 1), route(5)]
    assert taken(tree, change(1)) == [2, 3, 5]


def test_a_route_to_nobody_keeps_a_change_from_all_others() -> None:
    tree = [route(1), route(2, 1, target=RouteTarget.NONE), route(3)]
    assert [each.route.target for each in decide(Tree(tree), change(1))] == [RouteTarget.NONE]


def test_a_disabled_route_is_not_asked_and_neither_are_those_below_it() -> None:
    assert taken([route(1, is_enabled=False), route(2, 1), route(3)], change(1)) == [3]


def test_why_a_route_takes_a_change_are_the_conditions_from_the_top_down() -> None:
    tree = [route(1, min_severity=1, on=frozenset({"fired"})), route(2, 1, group="web", match='{"a b"="c\\"d"}')]
    [found] = decide(Tree(tree), change(1, labels={"a b": 'c"d'}))
    assert found.because == ("severity>=warning", "on=fired", 'group="web"', '"a b"="c\\"d"')


def test_a_witness_is_taken_only_where_the_alert_that_stands_for_it_is_not() -> None:
    tree = [route(1, continues=True), route(2, monitor_id=2, continues=True)]
    witness = change(2, alert_id=2, monitor_id=2, stands_for_it=change(0))
    assert taken(tree, witness) == [2]
    assert is_told_elsewhere(Tree(tree), 1, witness)
    assert not is_told_elsewhere(Tree(tree), 2, witness)
    assert not is_told_elsewhere(Tree(tree), 1, change(1))


def test_a_witness_is_told_by_a_route_that_the_first_alert_never_reaches() -> None:
    tree = [route(1, monitor_id=2), route(2, 1), route(3)]
    assert taken(tree, change(2, monitor_id=2, stands_for_it=change(0))) == [2]


@pytest.mark.parametrize(
    ("limits", "code", "found"),
    [
        ({"min_severity": 2}, "severity", "warning"),
        ({"on": frozenset({"resolved"})}, "kind", "fired"),
        ({"monitor_id": 2}, "monitor", "1"),
        ({"group": "db"}, "group", "web, 机房"),
    ],
)
def test_what_does_not_match_is_named(limits: dict[str, Any], code: str, found: str) -> None:
    reason = failing(replace(RULE, **limits), change(1))
    assert reason is not None
    assert (reason["code"], reason["found"]) == (code, found)
    assert reason["wanted"] in conditions_of(replace(RULE, **limits))


MATCHERS = ['team="pay"', 'alert.host=~"web.*"', '"a.b"!="c\\\\d"', '"团队"!~"x\\"y"', '"1a"="\\n"']


@pytest.mark.parametrize("text", MATCHERS)
def test_a_matcher_is_written_as_it_can_be_read(text: str) -> None:
    matchers = parse(text, ALERT_FIELDS)
    assert parse("{" + ",".join(map(text_of, matchers)) + "}", ALERT_FIELDS) == matchers


def random_tree(draw: random.Random) -> list[Route]:
    return [
        route(
            id,
            draw.choice([None, *range(1, id)]),
            min_severity=draw.randrange(3),
            monitor_id=draw.choice([None, None, 1, 2]),
            match=draw.choice(["", "", 'team="a"', 'team!="b"', 'team=~"a|c"']),
            continues=draw.random() < 0.4,
            target=draw.choice([RouteTarget.CHANNEL, RouteTarget.NONE]),
            is_enabled=draw.random() < 0.9,
            position=draw.randrange(4),
        )
        for id in range(1, draw.randrange(2, 12))
    ]


def by_the_book(tree: list[Route], parent_id: int | None, of: Change) -> list[int]:
    """Walk as Alertmanager's documentation says, without any regard to time."""
    found: list[int] = []
    for each in sorted(tree, key=lambda each: (each.position, each.id)):
        if each.parent_id != parent_id or not each.is_enabled or failing(each.rule, of) is not None:
            continue
        found += by_the_book(tree, each.id, of) or [each.id]
        if not each.continues:
            break
    return found


@pytest.mark.parametrize("seed", range(60))
def test_a_batch_is_decided_as_each_change_is_and_as_it_is_explained(seed: int) -> None:
    draw = random.Random(seed)
    routes = random_tree(draw)
    changes = [
        change(
            number,
            NotificationKind.FIRED,
            severity=Severity(draw.randrange(3)),
            monitor_id=draw.randrange(1, 3),
            labels={"team": draw.choice("abcd")},
        )
        for number in range(20)
    ]
    tree = Tree(routes)
    for each, found in zip(changes, decide_all(tree, changes), strict=True):
        ids = [taken.route.id for taken in found]
        assert ids == by_the_book(routes, None, each)
        answers = explain(tree, each)
        assert [answer.route.id for answer in answers if answer.takes] == [
            id for id in [route.id for route, _ in tree.walk()] if id in ids
        ]
        assert len(answers) == len(routes)
        assert all((answer.reason["code"] == "takes") is answer.takes for answer in answers)
