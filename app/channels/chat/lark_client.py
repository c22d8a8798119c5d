"""Sends by Lark's own library; loaded only by the process that sends."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from app.channels.chat.attempt import Attempt, Refused
from app.channels.chat.buttons import buttons_of
from app.channels.chat.lark_library import (
    Config,
    CreateMessageRequest,
    CreateMessageRequestBody,
    Message,
    ObtainAccessTokenException,
    PatchMessageRequest,
    PatchMessageRequestBody,
    RequestOption,
    TokenManager,
)
from app.channels.http_outcome import HttpOutcome
from app.rules.chat.clicks import PageAction
from app.rules.retry_after import retry_after_s

TIMEOUT_S = 8
"""For connecting, and for each read."""
KEY_LENGTH = 32
"""Of the `uuid` by which Lark recognizes a message for an hour; it may have 50 characters."""
WAIT_HEADER = "x-ogw-ratelimit-reset"
"""In how many seconds Lark takes the next request."""
NONE: Mapping[str, str] = {}
COLOURS = {"failure": "red", "warning": "orange", "success": "green"}
STYLES = {PageAction.ACKNOWLEDGE: "primary"}


def send(order: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
    """Send the order's message, or replace one; return its receipt. Raises Refused and whatever the library does."""
    outcome = HttpOutcome()
    outcome.watch()
    config = _config(order["settings"])
    try:
        option = RequestOption.builder().tenant_access_token(TokenManager.get_self_tenant_token(config)).build()
        attempt.begin_message()
        if order["replaced"]:
            response: Any = Message(config).patch(_patch_of(order), option)
        else:
            response = Message(config).create(_creation_of(order), option)
    except ObtainAccessTokenException as error:
        raise _refusal(outcome, error.code, error.msg) from None
    except ValueError:
        # An answer that is no JSON.
        if outcome.last_status is None or outcome.last_status < 300:
            raise
        raise _refusal(outcome) from None
    if response.code != 0:
        raise _refusal(outcome, response.code, response.msg, response.raw.headers)
    if order["replaced"]:
        return dict(order["replaced"])
    return {"message_id": str(response.data.message_id), "chat": str(response.data.chat_id)}


def _config(settings: Mapping[str, Any]) -> Config:
    config = Config()
    config.app_id, config.app_secret = settings["app_id"], settings["app_secret"]
    config.domain, config.timeout = settings["base_url"].rstrip("/"), TIMEOUT_S
    config.enable_set_token = True
    return config


def _creation_of(order: Mapping[str, Any]) -> CreateMessageRequest:
    chat_id = order["settings"]["chat_id"]
    body = (
        CreateMessageRequestBody.builder()
        .receive_id(chat_id)
        .msg_type("interactive")
        .content(_card(order["message"]))
        .uuid(sha256(order["key"].encode()).hexdigest()[:KEY_LENGTH])
        .build()
    )
    return CreateMessageRequest.builder().receive_id_type(_kind_of(chat_id)).request_body(body).build()


def _patch_of(order: Mapping[str, Any]) -> PatchMessageRequest:
    body = PatchMessageRequestBody.builder().content(_card(order["message"])).build()
    return PatchMessageRequest.builder().message_id(order["replaced"]["message_id"]).request_body(body).build()


def _kind_of(chat_id: str) -> str:
    """Return what kind of id it is: each has a beginning of its own."""
    if "@" in chat_id:
        return "email"
    return {"oc_": "chat_id", "ou_": "open_id", "on_": "union_id"}.get(chat_id[:3], "user_id")


def _card(message: Mapping[str, Any]) -> str:
    # Plain text: in the other kind a label could mention everybody in the group.
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(message["body"])}]
    buttons = [
        {
            "tag": "button",
            "text": _plain(label),
            "type": STYLES.get(action, "default"),
            "value": {"action": action, "page": page_id},
        }
        for action, label, page_id in buttons_of(message)
    ]
    if buttons:
        elements.append({"tag": "action", "actions": buttons})
    card = {
        # Without update_multi, only the person who clicked would see the change.
        "config": {"wide_screen_mode": True, "update_multi": True},
        "header": {"title": _plain(message["title"]), "template": COLOURS.get(message["tone"], "blue")},
        "elements": elements,
    }
    return json.dumps(card, ensure_ascii=False)


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _refusal(outcome: HttpOutcome, code: Any = None, words: Any = None, headers: Mapping[str, str] = NONE) -> Refused:
    if code is None:
        return Refused(f"the receiver returned HTTP {outcome.last_status}", outcome.retry_after_s)
    named = {name.lower(): value for name, value in headers.items()}
    wait_s = outcome.retry_after_s or retry_after_s(named.get(WAIT_HEADER))
    return Refused(f"Lark answered: {code} {words or ''}".rstrip(), wait_s)
