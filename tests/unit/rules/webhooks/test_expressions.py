"""JMESPath on bodies that anyone may send, by expressions that anyone may write."""

from typing import Any

import pytest

from app.errors import Invalid
from app.rules.webhooks.expressions import FAULTS, Evaluation, TooMuchWork, compile_expression

BODY = {"host": "db", "alerts": [{"x": 1, "y": "b"}, {"x": 2, "y": "a"}]}


def find(text: str, value: Any = BODY, body: Any = BODY) -> Any:
    return Evaluation(body).visit(compile_expression(text, "field"), value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alerts[*].x", [1, 2]),
        ("join(', ', [host, alerts[0].y])", "db, b"),
        ("alerts[?x == `2`].y | [0]", "a"),
        ("sort_by(alerts, &y)[0].x", 2),
        ("map(&y, alerts)", ["b", "a"]),
        ("nothing || 'constant'", "constant"),
        ("alerts[0].x > `0` && 'firing' || 'ok'", "firing"),
        ("{name: host, all: alerts[].x}", {"name": "db", "all": [1, 2]}),
        ("missing.deeper[3]", None),
    ],
)
def test_the_language_is_jmespath(text: str, found: Any) -> None:
    assert find(text) == found


def test_what_is_beside_a_list_is_found_in_the_whole_body() -> None:
    assert find("join('/', [body().host, y])", BODY["alerts"][0]) == "db/b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "alerts[",
        "length(",
        "'",
        "a b",
        "/",
        "(" * 500,
        "!" * 500 + "a",
        "a" * 1001,
        "explode(@)",
        r"""`"\u0000"`""",
        r"""{"\ud800": a}""",
        "[@,@]|" * 60 + "@",
    ],
)
def test_a_wrong_expression_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Invalid) as invalid:
        compile_expression(text, "labels")
    assert invalid.value.field == "labels"
    assert "\n" not in str(invalid.value)


@pytest.mark.parametrize("text", ["length(`1`)", "length()", "sort(alerts)", "sum(alerts[].y)", "keys(host)"])
def test_what_fails_on_its_data_fails_in_a_known_way(text: str) -> None:
    with pytest.raises(FAULTS):
        find(text)


@pytest.mark.parametrize(
    "text",
    [
        "[@,@][]|" * 18 + "@",
        "[@,@]|" * 30 + "to_string(@)",
        "[@,@]|" * 38 + "@",
        "[@,@]|" * 20 + "[@ == @, @][]",
        "join('',[to_string(@),to_string(@)])|" * 26 + "@",
        "{a:@,b:@}|" * 30 + "@",
        "[*].to_string(body())|" * 4 + "@",
        f"map(&map(&[{','.join('@' * 300)}], @), @)",
    ],
)
def test_what_grows_without_end_is_stopped(text: str) -> None:
    big = [["x" * 100] * 10] * 1000
    with pytest.raises(TooMuchWork):
        find(text, big, big)
