"""Reads Telegram's updates (https://core.telegram.org/bots/api#callbackquery) and answers them."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from app.enums import ChannelKind
from app.rules.chat.clicks import Click, Unreadable, click_of, member

MAX_ANSWER = 200
"""The limit of the text of `answerCallbackQuery`."""


def is_signed(secret: str, given: str) -> bool:
    """Return whether the request has the secret that was given to `setWebhook`."""
    return hmac.compare_digest(secret.encode(), given.encode())


def read(body: bytes) -> tuple[Click, str]:
    """Return the click that an update reports, and its id, which the answer names. Raises Unreadable."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable from None
    query = member(update, "callback_query")
    action, _, page_id = str(member(query, "data")).partition(":")
    person = member(query, "from")
    chat = member(query, "message", "chat", "id")
    click = click_of(ChannelKind.TELEGRAM, action, page_id, _name(person), chat, member(person, "id"))
    return click, str(member(query, "id"))


def answer(query_id: str, text: str) -> Mapping[str, Any]:
    """Return the response to an update that makes Telegram show a text, so that nagare need not call it."""
    return {
        "method": "answerCallbackQuery",
        "callback_query_id": query_id,
        "text": text[:MAX_ANSWER],
        "show_alert": False,
    }


def _name(person: Any) -> str:
    if not isinstance(person, Mapping):
        raise Unreadable
    if person.get("username"):
        return f"@{person['username']}"
    return " ".join(str(person[name]) for name in ("first_name", "last_name") if person.get(name))
