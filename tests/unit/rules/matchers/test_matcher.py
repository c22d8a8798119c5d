"""What matchers mean."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.matchers.fields import ALERT_FIELDS, alert_subject
from app.rules.matchers.matcher import do_hold
from app.rules.matchers.patterns import does_match, range_of
from app.rules.matchers.syntax import parse

LABELS = {"team": "pay", "pod": "web-1", "text": "two\nlines"}
ROW: dict[str, Any] = {
    **{
        "host": "web-1.example",
        "inventory_host": "web-1",
        "inventory_host_shown": "网站",
        "item": "",
        "inventory_item": "CPU",
    },
    **{"severity": 2, "status": 0, "source": "prometheus", "monitor_name": "生产", "groups": ["web", "支付"]},
    **{"message": "CPU is high", "source_severity": None},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("team=pay", True),
        ("team=pa", False),
        ("team=Pay", False),
        ("team!=pay", False),
        ('team=~"pa"', False),
        ('team=~"pa.*"', True),
        ('team=~"x|pay"', True),
        ('team!~"pa.*"', False),
        ("missing=", True),
        ("missing!=x", True),
        ('missing=~".*"', True),
        ('missing=~".+"', False),
        ('missing!~"x"', True),
        ('missing!=""', False),
        ('text=~"two.*"', False),
        ('text=~"(?s)two.*"', True),
        ("team=pay,pod=x", False),
        ("alert.host=web-1", True),
        ("alert.host=web-1.example", True),
        ("alert.host!=web-1", False),
        ('alert.host=~"网.*"', True),
        ("alert.item=CPU", True),
        ("alert.severity=critical,alert.severity=2", True),
        ("alert.severity!=2", False),
        ('alert.severity=~"warning|critical"', True),
        ("alert.status=active", True),
        ("alert.group=支付,alert.group=web", True),
        ("alert.group!=web", False),
        ('alert.group!~"db.*"', True),
        ("alert.monitor=生产,alert.source=prometheus", True),
        ('alert.message="CPU is high"', True),
        ('alert.source_severity=""', True),
    ],
)
def test_a_missing_label_is_an_empty_one_and_any_of_several_values_counts(text: str, expected: bool) -> None:
    assert do_hold(parse(text, ALERT_FIELDS), LABELS, alert_subject(ROW)) is expected


PATTERNS = st.sampled_from(
    ["a.*", "(?i)ab", "a|b", "", ".*", "支付.*", "支?付", "[^a]+", "a{2,3}", "\\Qa", "^a", "\U0010ffff.*", "\ud7ff.*"]
)


@given(PATTERNS, st.text(alphabet="abA支付\ud7ff\ue000\U0010ffff\n", max_size=4))
def test_what_matches_lies_within_the_range_of_its_pattern(pattern: str, text: str) -> None:
    least, before = range_of(pattern)
    if does_match(pattern, text):
        assert least.encode() <= text.encode()
        assert before is None or text.encode() < before.encode()


def test_a_pattern_that_hangs_others_takes_no_time() -> None:
    assert not does_match("(a*)*(a*)*(a*)*b", "a" * 500)
