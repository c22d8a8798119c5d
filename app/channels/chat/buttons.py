"""Which buttons a message has."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.enums import Language
from app.rules.chat.clicks import PageAction
from app.rules.chat.words import WORDS

OFFERS = {PageAction.ACKNOWLEDGE: "can_be_acknowledged", PageAction.RESOLVE: "can_be_resolved"}


def buttons_of(message: Mapping[str, Any]) -> Iterator[tuple[PageAction, str, int]]:
    """Yield the action, the label and the page of each button."""
    actions = message["actions"]
    for action, offer in OFFERS.items():
        if actions and actions[offer]:
            yield action, WORDS[Language(actions["language"])].buttons[action], actions["page_id"]
