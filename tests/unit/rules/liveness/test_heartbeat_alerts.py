"""The alerts of heartbeats, and the logs that their pings carry."""

from datetime import UTC, datetime

import pytest

from app.enums import HeartbeatReason, Severity
from app.rules.liveness.heartbeat_alerts import MAX_BODY_BYTES, duration_text, readable, report_of

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HEARTBEAT = {
    "id": 7,
    "name": "夜间备份",
    "severity": 2,
    "labels": {"host": "db-01", "team": "dba"},
    "grace_s": 5400,
    "running_since": NOON,
}
PING = {"kind": "fail", "at": NOON, "exit_code": 3, "duration_ms": 61_000, "body": "x" * 3000 + "\nno space left"}


def test_a_failure_says_what_the_job_said() -> None:
    report = report_of(HEARTBEAT | {"reason": "failed"}, PING)
    assert (report.source, report.external_id, report.is_firing) == ("nagare", "heartbeat:7", True)
    assert (report.message, report.severity) == ("Heartbeat 夜间备份 reported a failure", Severity.CRITICAL)
    assert report.labels == {"host": "db-01", "team": "dba", "heartbeat": "夜间备份"}
    assert report.host_name == "db-01"
    first, last, empty, *log = report.description.split("\n")
    assert first == "The job reported that it failed."
    assert last == "Last ping: fail at 2026-01-31 12:00:00 UTC, exit code 3, after 1 min 1 s."
    assert (empty, log[0][:2], log[-1], len("\n".join(log))) == ("", "…x", "no space left", 2001)


@pytest.mark.parametrize("reason", HeartbeatReason)
def test_every_reason_has_its_words(reason: HeartbeatReason) -> None:
    report = report_of(HEARTBEAT | {"reason": reason}, None)
    assert "夜间备份" in report.message
    assert report.description.endswith("\nIt has never finished.")
    assert ("1 h 30 min" in report.description) == (reason is not HeartbeatReason.FAILED)


def test_without_a_reason_it_is_over() -> None:
    assert not report_of(HEARTBEAT | {"reason": None}, PING).is_firing


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"done\r\n", "done"),
        ("完成".encode(), "完成"),
        (b"a\x00b\x07\tc", "ab\tc"),
        (b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain", "red plain"),
        (b"10%\r50%\r100%\n", "10%\n50%\n100%"),
        (b"\xff\xfeno text", "\ufffd\ufffdno text"),
        (b"", ""),
    ],
)
def test_logs_become_plain_text(data: bytes, text: str) -> None:
    assert readable(data) == text


def test_of_a_long_log_the_end_is_kept() -> None:
    text = readable(("说" * MAX_BODY_BYTES + "end").encode())
    assert text.startswith("…说") and text.endswith("说end")
    assert len(text.encode()) <= MAX_BODY_BYTES + 3


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.6, "1 min"), (3600, "1 h"), (90_061, "1 d 1 h 1 min 1 s")]
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
