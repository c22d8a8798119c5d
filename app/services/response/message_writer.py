"""Writes a message: with the templates of its notification, or the built-in text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.channels.template_renderer import Rendered, TemplateFault, TemplateRenderer
from app.enums import Language
from app.rules.response.notification_context import MAX_ALERTS, context_of
from app.rules.response.notification_examples import ANNOTATIONS, EXAMPLES, NOTIFICATION
from app.rules.response.notification_templates import BODY, TITLE
from app.rules.response.notification_texts import Text, stories_of, text_about
from app.rules.response.notification_words import WORDS
from app.rules.response.notifications import Change, Rule

TRIAL = Rule.from_row(NOTIFICATION)


@dataclass(frozen=True, slots=True)
class Written:
    """A message; with a fault it is the built-in text, because a template failed."""

    text: Text
    is_cut: bool = False
    fault: TemplateFault | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a message is about. `annotations` are by alert; templates see those of the first alerts."""

    rule: Rule
    name: str
    changes: Sequence[Change]
    templates: Mapping[str, str]
    annotations: Mapping[int, Mapping[str, str]]


class MessageWriter:
    """Writes messages; `public_url` is nagare's own address as people know it, without which nothing links to it."""

    def __init__(self, renderer: TemplateRenderer, public_url: str) -> None:
        self._renderer = renderer
        self._public_url = public_url

    def write(self, draft: Draft) -> Written:
        """Write a message about some changes (at least one). This may take seconds: keep no transaction open."""
        stories = stories_of(draft.rule, draft.changes)
        built_in = text_about(draft.rule, stories, self._public_url)
        if not draft.templates:
            return Written(built_in)
        context = context_of(draft.rule, draft.name, stories, draft.annotations, self._public_url)
        rendered = self._renderer.render(draft.templates, context, draft.rule.timezone)
        if isinstance(rendered, TemplateFault):
            return Written(built_in, fault=rendered)
        title, body = (rendered.get(field, Rendered("", False)) for field in (TITLE, BODY))
        # An empty message would be rejected, or read as nothing.
        text = replace(
            built_in, title=title.text.strip() or built_in.title, body=body.text if body.text.strip() else built_in.body
        )
        return Written(text, title.is_cut or body.is_cut)

    def find_fault(self, language: Language, timezone: str, templates: Mapping[str, str]) -> TemplateFault | None:
        """Return what is wrong with templates, tried on made-up alerts; None if nothing is."""
        rule = replace(TRIAL, language=language, timezone=timezone)
        contexts: list[dict[str, Any]] = [
            context_of(rule, "", stories_of(rule, changes), ANNOTATIONS, self._public_url) for changes in EXAMPLES
        ]
        return self._renderer.find_fault(templates, contexts, rule.timezone) if templates else None


def seen_alert_ids(rule: Rule, changes: Sequence[Change]) -> list[int]:
    """Return the ids of the alerts that a template sees."""
    return [story.last.alert_id for story in stories_of(rule, changes)[:MAX_ALERTS]]


def with_note(rule: Rule, written: Written) -> Text:
    """Return the text to send: with a line about the template that failed, if one did."""
    if written.fault is None:
        return written.text
    note = WORDS[rule.language].template_failed.format(described(written.fault))
    return replace(written.text, body=f"{written.text.body}\n{note}")


def described(fault: TemplateFault) -> str:
    """Return which template is wrong, where and why."""
    return f"{fault.field}, {fault}" if fault.line else f"{fault.field}: {fault}"
