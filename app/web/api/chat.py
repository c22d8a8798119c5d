"""What chat services call when somebody presses a button of a page; each of them signs its requests."""

from collections.abc import Mapping
from typing import Any

from flask import request

from app.enums import Scope
from app.rules.chat.lark import Posted
from app.web.access import PUBLIC
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.chat import LarkAnswerSchema, SlackAnswerSchema, TelegramAnswerSchema

chat = ApiBlueprint("chat", __name__, description="Buttons of pages in chats", writes=Scope.ALERTS)

MAX_BYTES = 256 * 1024
"""Slack repeats the whole message, in which each Chinese character takes up to 18 bytes."""
UNSIGNED = (401,)


@chat.operation("POST", "/chat/slack", role=PUBLIC, answer=SlackAnswerSchema, errors=UNSIGNED, takes_any_body=True)
def take_slack_click() -> dict[str, Any]:
    """Take a click in Slack: the request URL under Interactivity. It is signed with the app's signing secret."""
    services().paging.chat_clicks.take_slack(
        _body(), _header("X-Slack-Request-Timestamp"), _header("X-Slack-Signature")
    )
    return {}


@chat.operation(
    "POST",
    "/chat/telegram/<id:channel_id>",
    role=PUBLIC,
    answer=TelegramAnswerSchema,
    errors=(*UNSIGNED, 404),
    takes_any_body=True,
)
def take_telegram_click(channel_id: int) -> Mapping[str, Any]:
    """Take an update of Telegram's for a channel. It has the secret token of `setWebhook`."""
    secret_token = _header("X-Telegram-Bot-Api-Secret-Token")
    return services().paging.chat_clicks.take_telegram(channel_id, _body(), secret_token)


@chat.operation("POST", "/chat/lark", role=PUBLIC, answer=LarkAnswerSchema, errors=UNSIGNED, takes_any_body=True)
def take_lark_click() -> Mapping[str, Any]:
    """Take a callback of Lark or Feishu. It is signed with the app's encrypt key, or has its verification token."""
    names = ("X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature")
    return services().paging.chat_clicks.take_lark(Posted(_body(), *map(_header, names)))


def _body() -> bytes:
    request.max_content_length = MAX_BYTES
    # Not as a form: the signature is that of the bytes.
    return request.get_data(cache=False, parse_form_data=False)


def _header(name: str) -> str:
    return request.headers.get(name, "")
