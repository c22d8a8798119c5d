"""The notation of matchers: what Alertmanager accepts, fields, and errors that help."""

import pytest

from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.patterns import InvalidMatcher
from app.rules.matchers.syntax import MAX_MATCHERS, MAX_TEXT, parse


def parts(text: str) -> list[tuple[str, str, str]]:
    return [(matcher.name, str(matcher.operator), matcher.value) for matcher in parse(text, ALERT_FIELDS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("{}", []),
        ("team=pay", [("team", "=", "pay")]),
        ('{team="pay",namespace=~"shop-.*"}', [("team", "=", "pay"), ("namespace", "=~", "shop-.*")]),
        (' { team != "pay" , namespace !~ "a|b" , } ', [("team", "!=", "pay"), ("namespace", "!~", "a|b")]),
        ('team="a,b{c}",x=y', [("team", "=", "a,b{c}"), ("x", "=", "y")]),
        ("team=", [("team", "=", "")]),
        ("team=two words", [("team", "=", "two words")]),
        (r'text="say \"hi\" \\ \n"', [("text", "=", 'say "hi" \\ \n')]),
        (r'pod=~"web\.\d+"', [("pod", "=~", r"web\.\d+")]),
        # The classic notation keeps an escape that it does not know.
        (r'text="\t\u0041"', [("text", "=", r"\t\u0041")]),
        ('{"团队"="支付"}', [("团队", "=", "支付")]),
        ("团队=支付", [("团队", "=", "支付")]),
        (r'"a.b"="\t\u0041\x41\101\.\U0001f600"', [("a.b", "=", "\tAAA\\.😀")]),
        ('k8s.pod.name="x"', [("k8s.pod.name", "=", "x")]),
    ],
)
def test_it_is_read_as_alertmanager_reads_it(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert parts(text) == expected


def test_a_dotted_name_of_the_alert_is_a_field_unless_it_is_quoted() -> None:
    field, label, plain = parse('alert.host=~"web-.*", "alert.host"="x", host="y"', ALERT_FIELDS)
    assert field.is_field
    assert not label.is_field
    assert not plain.is_field


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("team", "At character 5: expected one of =, !=, =~, !~ after team, found the end"),
        ('{team="a" b="c"}', "At character 11: expected a comma or a closing brace `}`, found `b`"),
        ('{alert.host="a"', "At character 16: expected a comma or a closing brace `}`, found the end"),
        ('alert.host="a"}', "At character 15: expected no `}` without an opening `{`"),
        ('{"a"="b"} x', "At character 11: expected nothing after `}`, found `x`"),
        ('team="pay', 'At character 6: `"` is not expected; close the quotes'),
        ("team='pay',,", "At character 6: `'` is not expected; put it into double quotes"),
        (",", "At character 1: expected the name of a label or field, found `,`"),
        ("alert.nothing=x", "At character 1: there is no field alert.nothing; use one of alert.host,"),
        ('alert.message=~"x"', "At character 1: alert.message takes no regular expressions: use = or !="),
        (r'"a.b"="\x00"', "Must not contain a NUL character."),
        ('team=~"("', "The regular expression '(' is invalid: missing )"),
        ('team=~"(a{1000}){1000}"', "is invalid: invalid repetition size"),
        (f'team=~"{"x" * 1001}"', "A regular expression must have at most 1000 characters."),
        ("x" * (MAX_TEXT + 1), f"Must have at most {MAX_TEXT} characters."),
        ("a=b," * (MAX_MATCHERS + 1), f"Must have at most {MAX_MATCHERS} matchers."),
    ],
)
def test_an_error_says_where_and_what_to_do(text: str, says: str) -> None:
    with pytest.raises(InvalidMatcher) as raised:
        parse(text, ALERT_FIELDS)
    assert says in str(raised.value)
    assert raised.value.field == "match"
