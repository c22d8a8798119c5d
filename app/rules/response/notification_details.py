"""Writes what is known of an alert beyond its message: the indented lines below its line in a notification."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.enums import Language, NotificationKind, Resolution
from app.rules.alerts.own_messages import description_in
from app.rules.response.notification_labels import matters, written
from app.rules.response.notification_words import WORDS, Words
from app.rules.response.notifications import Change, Rule
from app.rules.response.plain_text import clean, one_line, shortened

MAX_DESCRIPTION = 300
MAX_DESCRIPTION_ALONE = 1200
"""For a message about one alert only."""
MAX_LINES = 12
MAX_VALUE = 80
MAX_WORD = 40
MAX_URL = 500
LABELS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how details appear: the labels that are beside the message already, and nagare's own address."""

    beside: Mapping[str, str]
    base_url: str = ""
    is_alone: bool = False


def details(rule: Rule, change: Change, place: Place) -> list[str]:
    """Return the lines of an alert's details, the most important ones first."""
    words = WORDS[rule.language]
    length = MAX_DESCRIPTION_ALONE if place.is_alone else MAX_DESCRIPTION
    lines = _description(rule.language, change, length)
    facts = words.semicolon.join(_facts(rule, words, change))
    rest = {name: value for name, value in matters(change).items() if name not in place.beside}
    lines += [facts] if facts else []
    lines += [written(dict([*rest.items()][:LABELS]))] if rest else []
    lines += [url for url in (link(change.source_url), own_link(place.base_url, change.alert_id)) if url]
    return lines


def local_time(rule: Rule, at: datetime) -> str:
    """Return a time in the rule's time zone."""
    return f"{at.astimezone(ZoneInfo(rule.timezone)):%Y-%m-%d %H:%M:%S %Z}"


def link(url: str | None) -> str:
    """Return an address of the web, or nothing for one that is none, is too long or has control characters."""
    text = url or ""
    is_fine = text.startswith(("http://", "https://")) and one_line(text, MAX_URL) == text
    return text if is_fine and " " not in text else ""


def own_link(base_url: str, alert_id: int) -> str:
    """Return the address of an alert's page in nagare's dashboard; nothing if nagare's own address is not known."""
    return f"{base_url}/alerts/{alert_id}" if base_url and alert_id else ""


def duration(change: Change, until: datetime | None = None) -> str:
    """Return for how long an alert lasted, such as `1d 2h` or `3m 5s`; nothing if that is not known."""
    begin, end = change.started_at or change.first_seen_at, change.ended_at or change.resolved_at or until
    # The source's clock and ours may differ.
    if begin is None or end is None or end < begin:
        return ""
    seconds = int((end - begin) / timedelta(seconds=1))
    parts = [(seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number}{unit}" for number, unit in parts[:2] if number or len(parts) == 1)


def quiet_text(rule: Rule, change: Change) -> str:
    """Return what keeps an alert quiet at its source; nothing if nothing does."""
    if not change.silenced_by:
        return ""
    words, quiet = WORDS[rule.language], change.silenced_by
    text = words.quiet.get(quiet.get("kind", ""), words.quiet["silence"])
    text += words.quiet_by.format(one_line(str(quiet["by"]), MAX_VALUE)) if quiet.get("by") else ""
    if quiet.get("until"):
        text += words.quiet_until.format(local_time(rule, datetime.fromisoformat(quiet["until"])))
    return text


def _description(language: Language, change: Change, length: int) -> list[str]:
    text = clean(description_in(language, change.source, change.description)).strip()
    # Many rules have the same text in both.
    if not text or one_line(text, length) == one_line(change.message, length):
        return []
    lines = [line.strip() for line in shortened(text, length).splitlines() if line.strip()]
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], "…"]


def _facts(rule: Rule, words: Words, change: Change) -> Iterator[str]:
    if change.started_at is not None:
        yield words.began.format(local_time(rule, change.started_at))
        if change.first_seen_at is not None:
            yield words.seen.format(local_time(rule, change.first_seen_at))
    if change.kind is NotificationKind.RESOLVED:
        yield from _end(rule, words, change)
    elif change.is_stale:
        yield words.stale
    if change.value:
        yield words.value.format(one_line(change.value, MAX_VALUE))
    # Most sources use one of nagare's own three words.
    if change.source_severity and change.source_severity.casefold() != change.severity.name.casefold():
        yield words.source_severity.format(one_line(change.source_severity, MAX_WORD))
    quiet = quiet_text(rule, change)
    if quiet:
        yield quiet


def _end(rule: Rule, words: Words, change: Change) -> Sequence[str]:
    known = change.resolution in (None, Resolution.REPORTED, Resolution.USER)
    ended = words.ended.format(local_time(rule, change.ended_at)) if change.ended_at is not None else ""
    lasted = duration(change) if known and change.started_at is not None else ""
    why = "" if known else words.resolutions[str(change.resolution)]
    return [text for text in (ended, words.lasted.format(lasted) if lasted else "", why) if text]
