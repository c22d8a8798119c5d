"""Translates the messages of nagare's own alerts, of its test alerts and of the simulator into Chinese."""

import re
from collections.abc import Mapping
from typing import Protocol

from app.enums import Language
from app.rules.generated_alerts import MESSAGES

OWN_SOURCE = "nagare"
TRANSLATIONS: Mapping[str, str] = {}
"""By the English text, with the same names in braces on both sides: `Heartbeat {name} is late` matches any name."""


class Told(Protocol):
    """What has a source and a message."""

    @property
    def source(self) -> str:
        """The name of the system that reported it."""

    @property
    def message(self) -> str:
        """What is wrong."""


def message_in(language: Language, told: Told) -> str:
    """Return an alert's message; nagare's own messages are translated."""
    return translated(language, told.source, told.message)


def translated(language: Language, source: str, text: str, translations: Mapping[str, str] | None = None) -> str:
    """Return a text of an alert in a language; only nagare's own texts are translated."""
    if language is not Language.CHINESE:
        return text
    if source != OWN_SOURCE:
        return MESSAGES.get(text, text)
    for english, chinese in (TRANSLATIONS if translations is None else translations).items():
        found = re.fullmatch(_pattern(english), text, re.DOTALL)
        if found:
            return chinese.format(**found.groupdict())
    return text


def _pattern(english: str) -> str:
    """Return the pattern of a text with names in braces."""
    parts = re.split(r"\{(\w+)\}", english)
    return "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
