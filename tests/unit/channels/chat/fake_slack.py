"""A Slack on the loopback interface: the methods that nagare calls, and the requests that it sends for a click."""

import itertools
import json
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlencode

from slack_sdk.signature import SignatureVerifier

TOKEN = "xoxb-123456789012-abcdefghijklmnop"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CHANNEL = "C0123456789"
SETTINGS = {"token": TOKEN, "signing_secret": SIGNING_SECRET, "chat_id": "#alerts"}


class FakeSlack:
    """Keeps messages by channel and time stamp, as Slack does."""

    def __init__(self) -> None:
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self.keys: list[str] = []
        self.whispered: list[tuple[str, str, str]] = []
        self.is_whispered = threading.Event()
        self._numbers = itertools.count(1)

    def respond(self, request: Any) -> None:
        given = _arguments(request)
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            request.answer({"ok": False, "error": "invalid_auth"})
            return
        method = request.path.rpartition("/")[2]
        answers = {"chat.postMessage": self._post, "chat.update": self._update, "chat.postEphemeral": self._whisper}
        request.answer(answers[method](given))

    def click(self, stamp: str, action: str, name: str = "wang.wei", at: float | None = None) -> tuple[bytes, Any]:
        """Return the body and the headers of the request for a click on a message's button."""
        message = self.messages[CHANNEL, stamp]
        [button] = [each for each in buttons(message) if each["action_id"] == action]
        payload = {
            "type": "block_actions",
            "user": {"id": "U012AB3CD", "username": name, "name": name, "team_id": "T012AB3CD"},
            "api_app_id": "A012AB3CD",
            "token": "unused",
            "container": {"type": "message", "message_ts": stamp, "channel_id": CHANNEL},
            "trigger_id": "13345224609.738474920.8088930838d88f008e0",
            "team": {"id": "T012AB3CD", "domain": "example"},
            "channel": {"id": CHANNEL, "name": "alerts"},
            "message": {"type": "message", "ts": stamp, **message},
            "response_url": "https://hooks.slack.com/actions/T012AB3CD/1/x",
            "actions": [{**button, "block_id": "=qXel", "action_ts": stamp}],
        }
        return sign(urlencode({"payload": json.dumps(payload)}).encode(), at)

    def _post(self, given: dict[str, Any]) -> dict[str, Any]:
        self.keys.append(given["client_msg_id"])
        stamp = f"1700000000.{next(self._numbers):06}"
        self.messages[CHANNEL, stamp] = {"text": given["text"], "blocks": given["blocks"]}
        return {"ok": True, "channel": CHANNEL, "ts": stamp, "message": self.messages[CHANNEL, stamp]}

    def _whisper(self, given: dict[str, Any]) -> dict[str, Any]:
        self.whispered.append((given["channel"], given["user"], given["text"]))
        self.is_whispered.set()
        return {"ok": True, "message_ts": "1502210682.580145"}

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        place = given["channel"], given["ts"]
        if place not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[place] = {"text": given["text"], "blocks": given["blocks"]}
        return {"ok": True, "channel": place[0], "ts": place[1], "text": given["text"]}


def sign(body: bytes, at: float | None = None, secret: str = SIGNING_SECRET) -> tuple[bytes, dict[str, str]]:
    """Return a body and the headers by which Slack signs it, as its own library computes them."""
    timestamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body) or ""
    return body, {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for block in message["blocks"] if block["type"] == "actions" for element in block["elements"]]


def _arguments(request: Any) -> dict[str, Any]:
    if request.headers["Content-Type"].startswith("application/json"):
        return dict(request.json)
    given: dict[str, Any] = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    return {**given, "blocks": json.loads(given["blocks"])} if "blocks" in given else given
