"""What a template of a notification can use: plain texts, numbers, lists and dicts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.enums import NotificationKind, Severity
from app.rules.alerts.own_messages import description_in, message_in
from app.rules.response.notification_details import duration, link, own_link, quiet_text
from app.rules.response.notification_labels import beside, matters
from app.rules.response.notification_texts import Story, details_that_fit, history, label, subject, summary, text_about
from app.rules.response.notification_words import WORDS
from app.rules.response.notifications import Rule
from app.rules.response.plain_text import clean, shortened

MAX_ALERTS = 50
"""Of a message about more alerts, a template sees the first ones; `counts` counts all."""
MAX_TEXT = 1000
MAX_DESCRIPTION = 4000


def context_of(
    rule: Rule,
    name: str,
    stories: Sequence[Story],
    annotations: Mapping[int, Mapping[str, str]] | None = None,
    base_url: str = "",
) -> dict[str, Any]:
    """Return what the templates of the notification `name` can use; `annotations` by the alert's id."""
    text = text_about(rule, stories, base_url)
    its_details = details_that_fit(rule, stories, base_url)
    its_details += [[] for _ in stories[len(its_details) :]]
    return {
        "notification": name,
        "language": str(rule.language),
        "timezone": rule.timezone,
        "summary": summary(WORDS[rule.language], stories),
        "default_title": text.title,
        "default_body": text.body,
        "counts": _counts(stories),
        "alerts": [
            _alert(rule, story, lines, (annotations or {}).get(story.last.alert_id, {}), base_url)
            for story, lines in zip(stories[:MAX_ALERTS], its_details, strict=False)
        ],
    }


def _counts(stories: Sequence[Story]) -> dict[str, int]:
    kinds = [{change.kind for change in story.changes} for story in stories]
    fired = [story.last.severity for story, has in zip(stories, kinds, strict=True) if NotificationKind.FIRED in has]
    return {
        "alerts": len(stories),
        **{str(kind): sum(kind in has for has in kinds) for kind in NotificationKind},
        **{severity.name.lower(): fired.count(severity) for severity in Severity},
    }


def _alert(
    rule: Rule, story: Story, lines: Sequence[str], annotations: Mapping[str, str], base_url: str
) -> dict[str, Any]:
    last, words = story.last, WORDS[rule.language]
    return {
        "id": last.alert_id,
        "kind": str(last.kind),
        "label": label(words, last),
        "history": history(words, story),
        "subject": subject(rule, story),
        "details": list(lines),
        "message": _text(message_in(rule.language, last)),
        "description": _text(description_in(rule.language, last.source, last.description), MAX_DESCRIPTION),
        "value": _text(last.value),
        "severity": words.severities[last.severity],
        "severity_code": int(last.severity),
        "source_severity": _text(last.source_severity),
        "status": last.status.name.lower(),
        "host": _text(last.host_name),
        "item": _text(last.item_name),
        "group": ", ".join(last.groups),
        "groups": list(last.groups),
        "monitor": last.monitor_name,
        "source": last.source,
        "labels": _texts(last.labels),
        "important_labels": _texts({**beside(last, story.apart), **matters(last)}),
        "annotations": _texts(annotations),
        "at": _time(last.at),
        "started_at": _time(last.started_at),
        "ended_at": _time(last.ended_at),
        "first_seen_at": _time(last.first_seen_at),
        "resolved_at": _time(last.resolved_at),
        "duration": duration(last, last.at),
        "resolution": last.resolution or "",
        "by": _text(last.username),
        "is_stale": last.is_stale,
        "silenced": quiet_text(rule, last),
        "source_url": link(last.source_url),
        "url": own_link(base_url, last.alert_id),
    }


def _text(text: str | None, length: int = MAX_TEXT) -> str:
    return shortened(clean(text or ""), length)


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    return {clean(name): _text(str(text)) for name, text in texts.items()}


def _time(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
