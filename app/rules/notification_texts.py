"""Writes the texts of notifications, in English and Chinese."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from app.enums import Language, NotificationKind, Severity
from app.rules.generated_alerts import MESSAGES
from app.rules.notifications import Change, Rule

PREFIX = "[nagare]"
LINES = 20
LABELS = 4
MAX_MESSAGE = 160
MAX_HOST = 80
SEVERITIES = tuple(reversed(Severity))


@dataclass(frozen=True, slots=True)
class Text:
    """A notification's text; `tone` is `failure`, `warning`, `info` or `success`."""

    title: str
    body: str
    tone: str


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language."""

    labels: Mapping[Severity | NotificationKind, str]
    counted: Mapping[Severity | NotificationKind, str]
    colon: str
    comma: str
    semicolon: str
    fired: str
    by: str
    more: str
    test_title: str
    test_body: str


ENGLISH = Words(
    labels={
        Severity.CRITICAL: "CRITICAL",
        Severity.WARNING: "WARNING",
        Severity.INFO: "INFO",
        NotificationKind.ACKNOWLEDGED: "ACKNOWLEDGED",
        NotificationKind.RESOLVED: "RESOLVED",
    },
    counted={
        Severity.CRITICAL: "{} critical",
        Severity.WARNING: "{} warning",
        Severity.INFO: "{} info",
        NotificationKind.ACKNOWLEDGED: "{} acknowledged",
        NotificationKind.RESOLVED: "{} resolved",
    },
    colon=": ",
    comma=", ",
    semicolon="; ",
    fired="{} fired",
    by=", by {}",
    more="… and {} more",
    test_title="Test message",
    test_body="The notification “{}” works.",
)
CHINESE = Words(
    labels={
        Severity.CRITICAL: "严重",
        Severity.WARNING: "警告",
        Severity.INFO: "信息",
        NotificationKind.ACKNOWLEDGED: "已确认",
        NotificationKind.RESOLVED: "已恢复",
    },
    counted={
        Severity.CRITICAL: "{} 条严重",
        Severity.WARNING: "{} 条警告",
        Severity.INFO: "{} 条信息",
        NotificationKind.ACKNOWLEDGED: "{} 条已确认",
        NotificationKind.RESOLVED: "{} 条已恢复",
    },
    colon="：",
    comma="、",
    semicolon="；",
    fired="触发 {}",
    by="，{}",
    more="……另有 {} 条",
    test_title="测试消息",
    test_body="通知“{}”可以正常使用。",
)
WORDS = {Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE}


def text_of(rule: Rule, changes: Iterable[Change]) -> Text:
    """Write one message about all these changes (at least one)."""
    ordered = sorted(changes, key=lambda change: (change.alert_id, change.event_id))
    stories = [list(of_alert) for _, of_alert in groupby(ordered, key=lambda change: change.alert_id)]
    stories.sort(key=lambda story: (-story[-1].severity, story[-1].kind is NotificationKind.RESOLVED, story[-1].at))
    words = WORDS[rule.language]
    if len(stories) == 1:
        title = f"{_label(words, stories[0][-1])}{words.colon}{_subject(rule, stories[0][-1])}"
    else:
        title = _summary(words, stories)
    lines = [_line(rule, story) for story in stories[:LINES]]
    if len(stories) > LINES:
        lines.append(words.more.format(len(stories) - LINES))
    return Text(f"{PREFIX} {title}", "\n".join(lines), _tone(ordered))


def trial_text(rule: Rule, name: str) -> Text:
    """Write the test message that shows that a notification's address works."""
    words = WORDS[rule.language]
    return Text(f"{PREFIX} {words.test_title}", words.test_body.format(name), "info")


def _summary(words: Words, stories: Sequence[Sequence[Change]]) -> str:
    """Count alerts, not changes: an alert that fired twice counts once."""
    fired: Counter[Severity] = Counter()
    others: Counter[NotificationKind] = Counter()
    for story in stories:
        kinds = {change.kind for change in story}
        if NotificationKind.FIRED in kinds:
            fired[story[-1].severity] += 1
        others.update(kinds - {NotificationKind.FIRED})
    parts = [words.counted[severity].format(fired[severity]) for severity in SEVERITIES if fired[severity]]
    sentences = [words.fired.format(words.comma.join(parts))] if parts else []
    sentences += [words.counted[kind].format(others[kind]) for kind in NotificationKind if others[kind]]
    return words.semicolon.join(sentences)


def _line(rule: Rule, story: Sequence[Change]) -> str:
    words, last = WORDS[rule.language], story[-1]
    labels = [label for label, _ in groupby(_label(words, change) for change in story)]
    when = f"{last.at.astimezone(ZoneInfo(rule.timezone)):%Y-%m-%d %H:%M:%S %Z}"
    by = words.by.format(last.username) if last.username else ""
    return f"{' → '.join(labels[-LABELS:])} {_subject(rule, last)} ({when}{by})"


def _label(words: Words, change: Change) -> str:
    return words.labels[change.severity if change.kind is NotificationKind.FIRED else change.kind]


def _subject(rule: Rule, change: Change) -> str:
    message = MESSAGES.get(change.message, change.message) if rule.language is Language.CHINESE else change.message
    short = _shortened(message, MAX_MESSAGE)
    if not change.host_name:
        return short
    return f"{_shortened(change.host_name, MAX_HOST)}{WORDS[rule.language].colon}{short}"


def _shortened(text: str, length: int) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= length else f"{one_line[: length - 1]}…"


def _tone(changes: Sequence[Change]) -> str:
    fired = [change.severity for change in changes if change.kind is NotificationKind.FIRED]
    if not fired:
        is_over = all(change.kind is NotificationKind.RESOLVED for change in changes)
        return "success" if is_over else "info"
    return {Severity.CRITICAL: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}[max(fired)]
