"""Sends by Slack's own library; loaded only by the process that sends."""

import ssl
import urllib.request
import uuid
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.response import addinfourl

import certifi
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from app.channels.chat.attempt import Attempt, Refused
from app.channels.chat.buttons import buttons_of
from app.channels.http_outcome import ANSWER_BYTES
from app.rules.chat.clicks import PageAction
from app.rules.response.plain_text import shortened
from app.rules.retry_after import retry_after_s

TIMEOUT_S = 8
"""For connecting, and for each read."""
MAX_HEADER = 150
MAX_SECTION = 3000
MAX_TEXT = 4000
STYLES = {PageAction.ACKNOWLEDGE: "primary"}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect of Slack's would take the token to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Bounded(urllib.request.BaseHandler):
    """Reads the start of an answer here, not to read one without end."""

    def http_response(self, _: urllib.request.Request, response: Any) -> Any:
        bounded: Any = addinfourl(BytesIO(response.read(ANSWER_BYTES)), response.headers, response.url, response.status)
        bounded.msg = response.msg
        response.close()
        return bounded

    https_response = http_response


def send(order: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
    """Send the order's message, replace one, or answer a person; return the receipt.

    Raises Refused and whatever the library does.
    """
    settings = order["settings"]
    _prepare_connections()
    # It retries when a connection breaks, which would send the message twice.
    client = WebClient(settings["token"], settings["base_url"], timeout=TIMEOUT_S, retry_handlers=[])
    client.proxy = None
    attempt.begin_message()
    try:
        if "answered" in order:
            return _answer(client, order["answered"])
        response = _change(client, order) if order["replaced"] else _post(client, order)
    except SlackApiError as error:
        raise _refusal(error) from None
    return {"chat": str(response["channel"]), "message_id": str(response["ts"])}


def _post(client: WebClient, order: Mapping[str, Any]) -> SlackResponse:
    message, chat = order["message"], order["settings"]["chat_id"]
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, order["key"]))
    return client.chat_postMessage(
        channel=chat, text=_text(message), blocks=_blocks(message), unfurl_links=False, client_msg_id=key
    )


def _change(client: WebClient, order: Mapping[str, Any]) -> SlackResponse:
    message, replaced = order["message"], order["replaced"]
    return client.chat_update(
        channel=replaced["chat"], ts=replaced["message_id"], text=_text(message), blocks=_blocks(message)
    )


def _answer(client: WebClient, answered: Mapping[str, Any]) -> Mapping[str, Any]:
    client.chat_postEphemeral(channel=answered["chat"], user=answered["user"], text=_escaped(answered["text"]))
    return {}


def _prepare_connections() -> None:
    """Make the library's requests bounded and direct: a proxy would connect to addresses that nagare must not reach."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirects, _Bounded)
    urllib.request.install_opener(urllib.request.build_opener(*handlers))


def _refusal(error: SlackApiError) -> Exception:
    """Return what Slack's answer means; only its error code is shown, which is a word."""
    response: Any = error.response
    if isinstance(response, Mapping):
        status, headers, code = response["status"], response["headers"], None
    else:
        status, headers = response.status_code, response.headers
        code = response.data.get("error") if isinstance(response.data, Mapping) else None
    wait_s = retry_after_s({name.lower(): value for name, value in headers.items()}.get("retry-after"))
    if isinstance(code, str) and code.isidentifier():
        return Refused(f"Slack answered: {code}", wait_s)
    if status >= 300:
        return Refused(f"the receiver returned HTTP {status}", wait_s)
    return ValueError("no answer of Slack's")


def _blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    # Plain text: in the other kind a label could mention everybody in the channel.
    body = message["body"]
    parts = [body[start : start + MAX_SECTION] for start in range(0, len(body), MAX_SECTION)]
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(shortened(message["title"], MAX_HEADER))}]
    blocks += [{"type": "section", "text": _plain(part)} for part in parts if part.strip()]
    buttons = [
        {
            "type": "button",
            "action_id": action,
            "value": str(page_id),
            "text": _plain(label),
            **({"style": STYLES[action]} if action in STYLES else {}),
        }
        for action, label, page_id in buttons_of(message)
    ]
    return [*blocks, {"type": "actions", "elements": buttons}] if buttons else blocks


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def _text(message: Mapping[str, Any]) -> str:
    return _escaped(shortened(f"{message['title']}\n{message['body']}", MAX_TEXT))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
