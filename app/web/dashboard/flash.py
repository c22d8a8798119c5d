"""A message about the last action, carried over the redirect in a short-lived cookie."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from flask import Response, g

from app.web.dashboard import cookies
from app.web.dashboard.translation import translate_or

COOKIE = "nagare_flash"
LIFETIME_S = 30
LONGEST = 200
"""Characters of a value: a cookie holds 4096 bytes, and an encoded Chinese character takes nine."""


def lead_to(
    address: str, message: str, kind: str = "good", *, undo: Mapping[str, str] | None = None, **values: Any
) -> Response:
    """Return a redirect to a page that shows this message; `kind` is good or bad.

    `undo` offers to undo the action: the `address` of the form for that, and its `token`.
    """
    response = Response(status=303, headers={"Location": address})
    shown = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in values.items()}
    told = quote(json.dumps({"message": message, "kind": kind, "values": shown, "undo": undo}, ensure_ascii=False))
    cookies.put(response, COOKIE, told, LIFETIME_S)
    return response


def take() -> list[dict[str, Any]]:
    """Return the message for the current page, in its language."""
    g.is_flash_taken = True
    try:
        told = json.loads(unquote(cookies.read(COOKIE) or ""))
        text = translate_or(str(told["message"]), "", **told["values"])
    except (ValueError, TypeError, KeyError, LookupError):
        return []
    kind = "bad" if told["kind"] == "bad" else "good"
    return [{"kind": kind, "text": text, "undo": told.get("undo")}] if text else []


def clear(response: Response) -> None:
    """Delete a message that was shown."""
    if g.get("is_flash_taken") and cookies.read(COOKIE) is not None:
        cookies.remove(response, COOKIE)
