"""Writes the messages of pages: why the receiver gets it, where to answer, and the alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.enums import DeliveryKind, Language, Severity
from app.rules.paging.page_words import PAGE_WORDS, PageWords
from app.rules.response.notification_examples import NOTIFICATION
from app.rules.response.notification_texts import (
    LINES,
    MAX_BODY,
    PREFIX,
    SEVERITIES,
    Story,
    Text,
    headline,
    stories_of,
    subject,
    text_about,
)
from app.rules.response.notification_words import WORDS
from app.rules.response.notifications import Change, Rule
from app.rules.response.plain_text import shortened

MAX_PAGES = 10
"""How many pages a message names; they are gathered when many are due at one channel."""
RULE = Rule.from_row(NOTIFICATION)
TONES = {Severity.CRITICAL: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}


@dataclass(frozen=True, slots=True)
class Part:
    """A page in a message: what is told of it, to whom it goes and why, and its most important alerts."""

    page_id: int
    kind: DeliveryKind
    title: str
    plan: str
    round: int
    step: int
    is_fallback: bool
    because: Mapping[str, str]
    """`type` and `name` of the target that led to the receiver; empty for an end that is told."""
    counts: Mapping[int, int]
    """How many alerts of each severity it has."""
    changes: Sequence[Change]
    by: str | None = None
    """Who acknowledged it."""


def page_text(
    language: Language, timezone: str, parts: Sequence[Part], base_url: str = "", *, is_repeat: bool = False
) -> Text:
    """Write one message about some pages (at least one)."""
    words, rule = PAGE_WORDS[language], replace(RULE, language=language, timezone=timezone)
    ordered = sorted(parts, key=lambda part: (ORDER[part.kind], -_worst(part), part.page_id))
    shown = ordered[:MAX_PAGES]
    body = [words.repeat_note] if is_repeat else []
    for part in shown:
        body += _lines(rule, words, part, base_url, LINES // len(shown), is_alone=len(shown) == 1)
    if len(ordered) > MAX_PAGES:
        body.append(words.more_pages.format(len(ordered) - MAX_PAGES))
    title = f"{PREFIX} {words.repeat if is_repeat else ''}{_title(rule, words, ordered)}"
    return Text(title, shortened("\n".join(body), MAX_BODY), _tone(ordered))


ORDER = {kind: place for place, kind in enumerate(DeliveryKind)}
"""News come before ends."""


def _title(rule: Rule, words: PageWords, parts: Sequence[Part]) -> str:
    first = parts[0].kind
    form = {DeliveryKind.ACKNOWLEDGED: words.acknowledged_title, DeliveryKind.RESOLVED: words.resolved_title}
    same = (
        [part for part in parts if part.kind == first]
        if first in form
        else [part for part in parts if part.kind not in form]
    )
    return form.get(first, words.title).format(_summary(rule, same))


def _summary(rule: Rule, parts: Sequence[Part]) -> str:
    """Name the only alert, or count all by severity."""
    numbers = {severity: sum(part.counts.get(severity, 0) for part in parts) for severity in SEVERITIES}
    words = WORDS[rule.language]
    if sum(numbers.values()) <= 1:
        changes = parts[0].changes
        name = subject(rule, Story(changes[:1])) if changes else parts[0].title
        return f"{words.labels[Severity(_worst(parts[0]))]}{words.colon}{name}"
    return words.comma.join(words.counted[each].format(number) for each, number in numbers.items() if number)


def _lines(rule: Rule, words: PageWords, part: Part, base_url: str, count: int, *, is_alone: bool) -> list[str]:
    lines = [f"{_why(words, part)}{words.end}"]
    if base_url:
        lines.append(f"{base_url}/pages/{part.page_id}")
    stories = stories_of(rule, part.changes)[: max(1, count)]
    if is_alone and stories:
        lines += text_about(rule, stories, base_url).body.splitlines()
    else:
        lines += [headline(rule, story) for story in stories]
    left = sum(part.counts.values()) - len(stories)
    return [*lines, WORDS[rule.language].more.format(left)] if left > 0 else lines


def _why(words: PageWords, part: Part) -> str:
    match part.kind:
        case DeliveryKind.UPDATE:
            return words.joined.format(id=part.page_id)
        case DeliveryKind.ACKNOWLEDGED:
            form = words.acknowledged_by if part.by else words.acknowledged
            return form.format(id=part.page_id, by=part.by)
        case DeliveryKind.RESOLVED:
            form = words.resolved_by if part.by else words.resolved
            return form.format(id=part.page_id, by=part.by)
    type_ = part.because.get("type", "user")
    form = words.fallback if part.is_fallback else words.to_channel if type_ == "channel" else words.step
    text = form.format(step=part.step + 1, plan=part.plan)
    text += words.round.format(round=part.round + 1) if part.round else ""
    return text + words.because.get(type_, "").format(name=part.because.get("name", ""))


def _worst(part: Part) -> int:
    return max(part.counts, default=int(Severity.INFO))


def _tone(parts: Sequence[Part]) -> str:
    kinds = {part.kind for part in parts}
    if kinds & {DeliveryKind.PAGE, DeliveryKind.UPDATE}:
        return TONES[Severity(max(map(_worst, parts)))]
    return "success" if kinds == {DeliveryKind.RESOLVED} else "info"
