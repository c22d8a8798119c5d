"""Writes the texts of notifications, in English and Chinese."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from app.enums import Language, NotificationKind, Severity
from app.rules.alerts.own_messages import message_in
from app.rules.response.notification_details import Place, details, local_time
from app.rules.response.notification_labels import beside, differing, written
from app.rules.response.notification_words import WORDS, Words
from app.rules.response.notifications import Change, Rule
from app.rules.response.plain_text import one_line

PREFIX = "[nagare]"
LINES = 20
LABELS = 4
INDENT = "  "
MAX_MESSAGE = 160
MAX_HOST = 80
MAX_ITEM = 80
MAX_BODY = 3500
"""In characters: Telegram rejects messages of more than 4,096. Lines of alerts come first, then details."""
SEVERITIES = tuple(reversed(Severity))


@dataclass(frozen=True, slots=True)
class Text:
    """A notification's text; `tone` is `failure`, `warning`, `info` or `success`."""

    title: str
    body: str
    tone: str


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one alert, in order, and how it is named in a message."""

    changes: Sequence[Change]
    apart: frozenset[str] = frozenset()
    """The labels that tell it apart from the alerts in the same message that read the same."""
    is_numbered: bool = False
    """Whether only its id tells it apart."""

    @property
    def last(self) -> Change:
        """The last change, with the alert's current state."""
        return self.changes[-1]


def text_of(rule: Rule, changes: Iterable[Change], base_url: str = "") -> Text:
    """Write one message about all these changes (at least one)."""
    return text_about(rule, stories_of(rule, changes), base_url)


def text_about(rule: Rule, stories: Sequence[Story], base_url: str = "") -> Text:
    """Write one message about all these alerts (at least one)."""
    body: list[str] = []
    for story, its_details in zip(stories, details_that_fit(rule, stories, base_url), strict=False):
        body += [headline(rule, story), *(f"{INDENT}{line}" for line in its_details)]
    if len(stories) > LINES:
        body.append(WORDS[rule.language].more.format(len(stories) - LINES))
    return Text(title_of(rule, stories), "\n".join(body), tone_of(stories))


def details_that_fit(rule: Rule, stories: Sequence[Story], base_url: str = "") -> list[list[str]]:
    """Return the details of each of the first alerts, as many as a message has room for beside all their lines."""
    lines = [headline(rule, story) for story in stories[:LINES]]
    left = MAX_BODY - sum(len(line) + 1 for line in lines) - len(WORDS[rule.language].more) - 10
    found: list[list[str]] = []
    for story in stories[:LINES]:
        place = Place(beside(story.last, story.apart), base_url, len(stories) == 1)
        found.append([])
        for line in details(rule, story.last, place):
            needed = len(INDENT) + len(line) + 1
            if needed <= left:
                found[-1].append(line)
                left -= needed
    return found


def trial_text(rule: Rule, name: str) -> Text:
    """Write the test message that shows that a notification's address works."""
    words = WORDS[rule.language]
    return Text(f"{PREFIX} {words.test_title}", words.test_body.format(name), "info")


def as_repeat(language: Language, text: Text) -> Text:
    """Mark a message that is sent again, because nobody knows whether it arrived before."""
    return replace(text, title=WORDS[language].repeat.format(text.title))


def stories_of(rule: Rule, changes: Iterable[Change]) -> list[Story]:
    """Return the changes by alert, the most important alert first, each told apart from the others."""
    ordered = sorted(changes, key=lambda change: (change.alert_id, change.event_id))
    found = [list(of_alert) for _, of_alert in groupby(ordered, key=lambda change: change.alert_id)]
    found.sort(key=lambda story: (-story[-1].severity, story[-1].kind is NotificationKind.RESOLVED, story[-1].at))
    alike: dict[str, list[Change]] = {}
    for story in found:
        alike.setdefault(_name(rule, story[-1]), []).append(story[-1])
    apart = {name: frozenset(differing(same)) for name, same in alike.items()}
    stories = [Story(story, apart[_name(rule, story[-1])]) for story in found]
    names = Counter(subject(rule, story) for story in stories)
    return [Story(each.changes, each.apart, names[subject(rule, each)] > 1) for each in stories]


def title_of(rule: Rule, stories: Sequence[Story]) -> str:
    """Return the title: the alert, or how many there are."""
    words = WORDS[rule.language]
    if len(stories) > 1:
        return f"{PREFIX} {summary(words, stories)}"
    return f"{PREFIX} {label(words, stories[0].last)}{words.colon}{subject(rule, stories[0])}"


def summary(words: Words, stories: Sequence[Story]) -> str:
    """Count alerts, not changes: an alert that fired twice counts once."""
    fired: Counter[Severity] = Counter()
    others: Counter[NotificationKind] = Counter()
    for story in stories:
        kinds = {change.kind for change in story.changes}
        if NotificationKind.FIRED in kinds:
            fired[story.last.severity] += 1
        others.update(kinds - {NotificationKind.FIRED})
    parts = [words.counted[severity].format(fired[severity]) for severity in SEVERITIES if fired[severity]]
    sentences = [words.fired.format(words.comma.join(parts))] if parts else []
    sentences += [words.counted[kind].format(others[kind]) for kind in NotificationKind if others[kind]]
    return words.semicolon.join(sentences)


def headline(rule: Rule, story: Story) -> str:
    """Return the line of an alert: what happened to it, its name, when, and by whom."""
    words, last = WORDS[rule.language], story.last
    by = words.by.format(one_line(last.username, MAX_HOST)) if last.username else ""
    return f"{history(words, story)} {subject(rule, story)} ({local_time(rule, last.at)}{by})"


def history(words: Words, story: Story) -> str:
    """Return what happened to an alert, such as `WARNING → RESOLVED`."""
    labels = [each for each, _ in groupby(label(words, change) for change in story.changes)]
    return " → ".join(labels[-LABELS:])


def label(words: Words, change: Change) -> str:
    """Return the word for a change: the severity of an alert that fired, or what else happened to it."""
    return words.labels[change.severity if change.kind is NotificationKind.FIRED else change.kind]


def subject(rule: Rule, story: Story) -> str:
    """Return the host, the message, and the labels that tell the alert apart from others."""
    labels = beside(story.last, story.apart)
    number = f" #{story.last.alert_id}" if story.is_numbered else ""
    return f"{_name(rule, story.last)}{f' [{written(labels)}]' if labels else ''}{number}"


def tone_of(stories: Sequence[Story]) -> str:
    """Return the tone of a message: that of the most severe alert that fired."""
    changes = [change for story in stories for change in story.changes]
    fired = [change.severity for change in changes if change.kind is NotificationKind.FIRED]
    if not fired:
        is_over = all(change.kind is NotificationKind.RESOLVED for change in changes)
        return "success" if is_over else "info"
    return {Severity.CRITICAL: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}[max(fired)]


def _name(rule: Rule, change: Change) -> str:
    message = one_line(message_in(rule.language, change), MAX_MESSAGE)
    if not change.host_name:
        return message
    return f"{one_line(change.host_name, MAX_HOST)}{WORDS[rule.language].colon}{message}"
