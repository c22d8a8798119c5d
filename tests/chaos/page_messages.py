"""What receivers have of pages: which messages are repeats, and whether those say so."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MARK = re.compile("possible repeat|可能重复", re.IGNORECASE)
PAGED = re.compile(r"^(\S.*\bpaged as .*)\n\S+/pages/(\d+)$", re.MULTILINE)
"""The line that says why somebody is paged, and the one below it with the page's address."""
ONCE = "/once"
"""Where the receiver asked for each message at most once."""

Message = Mapping[str, Any]


def is_marked(message: Message) -> bool:
    """Whether a message says that it may be a repeat."""
    return bool(MARK.search(message["title"]) or MARK.search(message["body"]))


def repeats(messages: Iterable[Message]) -> list[Message]:
    """Return the marked messages."""
    return [message for message in messages if is_marked(message)]


def repeated_unmarked(messages: Iterable[Message]) -> list[str]:
    """Return the messages whose key came before and that do not say so; and those that must not come again at all."""
    found, seen = [], set()
    for message in messages:
        key = message["key"]
        if key is None:
            found.append(f"{message['to']}: “{message['title']}” has no key")
        elif key in seen and (message["to"] == ONCE or not is_marked(message)):
            found.append(f"{message['to']}: “{message['title']}” came again with the key {key}")
        seen.add(key)
    return found


def paged_twice(messages: Iterable[Message]) -> list[str]:
    """Return the steps of pages that somebody got twice, the later time in a message without the mark.

    A message that was written anew has another key than the one that may have arrived before.
    """
    found, seen = [], set()
    for message in messages:
        for why, page in PAGED.findall(message["body"].replace("\r\n", "\n")):
            step = message["to"], page, why
            if step in seen and not is_marked(message):
                found.append(f"{message['to']}: page {page} came again: {why}")
            seen.add(step)
    return found
