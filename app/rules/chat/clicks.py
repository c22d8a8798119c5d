"""A click on a button of a page's message, whatever the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.enums import ChannelKind
from app.rules.response.plain_text import one_line

MAX_NAME = 48
"""The author of a change is stored with at most 64 characters, of which the service's name takes some."""
MAX_PAGE_ID = 2**63 - 1
TITLES: Mapping[ChannelKind, str] = {
    ChannelKind.SLACK: "Slack",
    ChannelKind.TELEGRAM: "Telegram",
    ChannelKind.LARK: "Lark",
}
"""The services' names, as people write them."""


class NotSigned(Exception):
    """The request is not from the service, or too old."""


class Unreadable(Exception):
    """The request is from the service, but not a click on a button of nagare's."""


class PageAction(StrEnum):
    """What a button does with its page."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Click:
    """Who pressed which button, and in which chat the button is."""

    action: PageAction
    page_id: int
    username: str
    """The name by which the service knows the person, with the service: it is no name of a user of nagare."""
    chat: str
    """The service's id of the chat."""
    user: str = ""
    """The service's id of the person."""


def click_of(kind: ChannelKind, action: Any, page_id: Any, name: Any, chat: Any, user: Any = "") -> Click:
    """Return a click. Raises Unreadable for what no button of nagare's sends."""
    number = int(page_id) if isinstance(page_id, str) and page_id.isdecimal() and len(page_id) < 20 else page_id
    if type(number) is not int or not 0 < number <= MAX_PAGE_ID or action not in [*PageAction]:
        raise Unreadable
    # Without what would make it look like another person's.
    shown = one_line(str(name).replace("(", "").replace(")", ""), MAX_NAME).strip() or "somebody"
    return Click(PageAction(action), number, f"{shown} ({TITLES[kind]})", str(chat), str(user))


def member(value: Any, *names: str) -> Any:
    """Return what is under these names in JSON of a service. Raises Unreadable if there is nothing."""
    for name in names:
        if not isinstance(value, Mapping) or name not in value:
            raise Unreadable
        value = value[name]
    return value
