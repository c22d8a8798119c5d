"""Reads Slack's interaction requests (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload)."""

import hmac
import json
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qs

from app.enums import ChannelKind
from app.rules.chat.clicks import Click, Unreadable, click_of, member

WINDOW_S = 5 * 60
"""How old a request may be, as Slack recommends: a recorded one cannot be sent again later."""
MAX_FIELDS = 10


def is_signed(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Return whether the request is from the app with this signing secret, and not older than `WINDOW_S`."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW_S:
        return False
    signed = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()
    return hmac.compare_digest(f"v0={signed}".encode(), signature.encode())


def read(body: bytes) -> Click:
    """Return the click that a request reports. Raises Unreadable."""
    try:
        form = parse_qs(body.decode(), max_num_fields=MAX_FIELDS)
        payload = json.loads(form["payload"][0])
    except (ValueError, KeyError, RecursionError):
        raise Unreadable from None
    actions = member(payload, "actions")
    if member(payload, "type") != "block_actions" or not isinstance(actions, list) or not actions:
        raise Unreadable
    user = member(payload, "user")
    name = user.get("name") or user.get("username") or member(user, "id") if isinstance(user, dict) else ""
    return click_of(
        ChannelKind.SLACK,
        member(actions[0], "action_id"),
        member(actions[0], "value"),
        name,
        member(payload, "channel", "id"),
        member(user, "id"),
    )
