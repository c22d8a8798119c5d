"""What people read of an alert beyond its message: what tells it apart, what its source says, and where to look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.enums import Language, Resolution, Severity
from app.rules.response.notification_details import duration, link
from app.rules.response.notification_labels import beside, matters
from app.rules.response.notification_texts import MAX_BODY, text_of
from app.rules.response.notifications import Change
from tests.unit.rules.response.test_notifications import DAY, RESOLVED, RULE, change

CHINESE = replace(RULE, language=Language.CHINESE, timezone="Asia/Shanghai")
BEGAN = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
CRITICAL = Severity.CRITICAL
LABELS = {
    "alertname": "KubePodCrashLooping",
    "severity": "page",
    "namespace": "shop",
    "pod": "cart-1",
    "cluster": "eu",
    "prometheus_replica": "a",
    "__meta": "x",
    "reason": "OOMKilled",
}


def pod(number: int = 1, **values: Any) -> Change:
    given: dict[str, Any] = {
        "alert_id": number,
        "message": "Pod is crash looping.",
        "host_name": None,
        "labels": {**LABELS, "pod": f"cart-{number}"},
        "description": "It restarted 5 times.\r\nSee the runbook.\x07",
        "value": "5",
        "source_severity": "page",
        "started_at": BEGAN,
        "first_seen_at": DAY,
        "source_url": "http://prometheus.example/graph",
    }
    return change(number, **given | values)


def test_a_message_carries_the_details() -> None:
    text = text_of(RULE, [pod(severity=Severity.CRITICAL)], "https://nagare.example")
    assert text.title == "[nagare] CRITICAL: Pod is crash looping. [cluster=eu, namespace=shop, pod=cart-1]"
    assert text.body.splitlines() == [
        "CRITICAL Pod is crash looping. [cluster=eu, namespace=shop, pod=cart-1] (2026-01-31 12:00:00 UTC)",
        "  It restarted 5 times.",
        "  See the runbook.",
        "  began 2026-01-31 10:00:00 UTC; seen 2026-01-31 12:00:00 UTC; value 5; severity at the source page",
        "  reason=OOMKilled",
        "  http://prometheus.example/graph",
        "  https://nagare.example/alerts/1",
    ]


def test_a_message_carries_the_details_in_chinese() -> None:
    body = text_of(CHINESE, [pod(is_stale=True)]).body
    assert (
        "  开始于 2026-01-31 18:00:00 CST；发现于 2026-01-31 20:00:00 CST；已失联：来源过久未确认；值 5；来源级别 page"
        in body
    )


def test_the_end_of_an_alert_says_how_it_is_known() -> None:
    ended = pod(ended_at=DAY, kind=RESOLVED, resolution="reported")
    assert "ended 2026-01-31 12:00:00 UTC; lasted 2h" in text_of(RULE, [ended]).body
    stale = pod(kind=RESOLVED, resolution=str(Resolution.STALE))
    assert "its source no longer confirmed it" in text_of(RULE, [stale]).body
    assert "lasted" not in text_of(RULE, [stale]).body
    assert "来源不再确认" in text_of(CHINESE, [stale]).body


def test_two_alerts_of_one_summary_are_told_apart_alone_and_together() -> None:
    both = [pod(1), pod(2)]
    lines = [line for line in text_of(RULE, both).body.splitlines() if not line.startswith(" ")]
    assert ["pod=cart-1" in line for line in lines] == [True, False]
    assert len({text_of(RULE, [each]).title for each in both}) == 2


@pytest.mark.parametrize("label", ["prometheus_replica", "shard_of_something", "severity"])
def test_the_label_in_which_alerts_differ_is_shown_whatever_it_is(label: str) -> None:
    common = {name: f"{name}-1" for name in ("cluster", "namespace", "service", "pod", "node", "device")}
    both = [pod(number, labels={**common, label: f"value-{number}"}) for number in (1, 2)]
    lines = [line for line in text_of(RULE, both).body.splitlines() if line.startswith("WARNING")]
    assert [f"{label}=value-{number}" in lines[number - 1] for number in (1, 2)] == [True, True]


def test_alerts_that_nothing_tells_apart_have_their_numbers() -> None:
    lines = text_of(RULE, [pod(1, labels={}), pod(2, labels={})]).body.splitlines()
    assert [line.split(" (")[0] for line in lines if line.startswith("WARNING")] == [
        "WARNING Pod is crash looping. #1",
        "WARNING Pod is crash looping. #2",
    ]


def test_labels_that_repeat_what_is_said_are_left_out() -> None:
    told = change(1, message="Disk full on /data", labels={"instance": "web-01", "mountpoint": "/data", "team": "pay"})
    assert matters(told) == {"team": "pay"}
    assert beside(told) == {"team": "pay"}
    assert matters(change(1, labels={"k8s.pod.name": "a", "aaa": "b"})) == {"k8s.pod.name": "a", "aaa": "b"}


def test_a_severity_that_says_the_same_is_left_out() -> None:
    assert "severity" not in text_of(RULE, [pod(source_severity="Warning")]).body
    assert "severity at the source warning" in text_of(RULE, [pod(source_severity="warning", severity=CRITICAL)]).body


def test_a_description_that_repeats_the_message_is_left_out() -> None:
    assert text_of(RULE, [change(1, description="Disk space  running low\n")]).body.count("Disk space") == 1


def test_a_message_stays_short_and_no_alert_loses_its_line() -> None:
    flood = "\n".join("x" * 90 for _ in range(50))
    many = [pod(number, description=flood, source_url="http://a.example/" + "y" * 400) for number in range(1, 41)]
    body = text_of(RULE, many, "https://nagare.example").body
    assert len(body) <= MAX_BODY
    assert sum(line.startswith("WARNING") for line in body.splitlines()) == 20
    assert body.splitlines()[-1] == "… and 20 more"
    assert len(text_of(RULE, many[:1]).body.splitlines()) < 20


def test_hostile_texts_cannot_forge_lines_or_hide_what_follows() -> None:
    nasty = pod(
        message="a\u2028CRITICAL b\x1b[31m\u202e",
        labels={"pod": "x\nCRITICAL y"},
        value="1\r\n2",
        source_severity="\x00p1",
        username="eve\nCRITICAL z",
        description="\x1b]0;title\x07fine\u2029next",
    )
    text = text_of(RULE, [nasty])
    assert text.title == "[nagare] WARNING: a CRITICAL b[31m [pod=x CRITICAL y]"
    assert [line[:2] for line in text.body.splitlines()[1:]] == ["  "] * (len(text.body.splitlines()) - 1)
    assert not any(character in text.body for character in "\x00\x07\x1b\u2028\u2029\u202e\r")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://a b", "http://a\nb", "http://" + "a" * 600, None, ""])
def test_only_addresses_of_the_web_are_links(url: str | None) -> None:
    assert link(url) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (3725, "1h 2m"), (90_061, "1d 1h"), (-5, "")]
)
def test_how_long_it_lasted(seconds: int, text: str) -> None:
    assert duration(change(1, started_at=DAY, ended_at=DAY + timedelta(seconds=seconds))) == text
