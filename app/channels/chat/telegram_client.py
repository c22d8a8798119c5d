"""Sends by python-telegram-bot, whose calls are asynchronous; loaded only by the process that sends."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from app.channels.chat.attempt import Attempt, Refused
from app.channels.chat.buttons import buttons_of
from app.channels.http_outcome import ANSWER_BYTES
from app.rules.response.plain_text import shortened
from app.rules.retry_after import retry_after_s

TIMEOUT_S = 8.0
"""For connecting, and for each read and write."""
MAX_TEXT = 4096
"""In UTF-16 code units, as Telegram counts."""
UNCHANGED = "message is not modified"


class _Transport(httpx.AsyncHTTPTransport):
    """Reads the start of an answer here, not to read one without end, and notes what the library does not tell."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self._attempt = attempt

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "trace": self._trace}
        response = await super().handle_async_request(request)
        self._attempt.status = response.status_code
        self._attempt.retry_after_s = retry_after_s(response.headers.get("Retry-After"))
        begin = bytearray()
        try:
            async for chunk in response.aiter_raw():
                begin += chunk
                if len(begin) > ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        # As it came: a small compressed answer may unpack to any size.
        return httpx.Response(response.status_code, content=bytes(begin[:ANSWER_BYTES]))

    async def _trace(self, event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self._attempt.note_written()


def send(order: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
    """Send the order's message, or replace one; return its receipt. Raises Refused and whatever the library does."""
    return asyncio.run(_send(order, attempt))


async def _send(order: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
    settings: Mapping[str, Any] = order["settings"]
    replaced: Mapping[str, Any] | None = order["replaced"]
    options = {"trust_env": False, "transport": _Transport(attempt), "headers": {"Accept-Encoding": "identity"}}
    request = HTTPXRequest(1, TIMEOUT_S, TIMEOUT_S, TIMEOUT_S, httpx_kwargs=options)
    base_url = f"{settings['base_url'].rstrip('/')}/bot"
    bot = Bot(settings["token"], base_url, request=request, get_updates_request=request)
    text, keyboard = _text(order["message"]), _keyboard(order["message"])
    attempt.begin_message()
    try:
        if not replaced:
            sent = await bot.send_message(settings["chat_id"], text, reply_markup=keyboard)
            return {"chat": str(sent.chat_id), "message_id": sent.message_id}
        await _replace(bot, replaced, text, keyboard)
    except TelegramError as error:
        raise _refusal(error, attempt) from error
    return replaced


async def _replace(
    bot: Bot, replaced: Mapping[str, Any], text: str, keyboard: InlineKeyboardMarkup | None
) -> Message | bool | None:
    try:
        return await bot.edit_message_text(text, replaced["chat"], replaced["message_id"], reply_markup=keyboard)
    except BadRequest as error:
        if UNCHANGED in str(error).lower():
            return None
        raise


def _refusal(error: TelegramError, attempt: Attempt) -> Exception:
    """Return what an error of the library means: an answer of Telegram's, or none."""
    if attempt.status is None or isinstance(error.__cause__, httpx.HTTPError):
        return error
    if attempt.status < 300:
        return ValueError("no answer of Telegram's")
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        return Refused("Telegram asks to wait", float(wait if isinstance(wait, int) else wait.total_seconds()))
    # Without a cause, the text is the description in Telegram's answer; otherwise it holds the whole answer.
    words = f": {error}" if error.__cause__ is None and attempt.status < 500 else ""
    return Refused(f"the receiver returned HTTP {attempt.status}{words}", attempt.retry_after_s)


def _text(message: Mapping[str, Any]) -> str:
    text = f"{message['title']}\n\n{message['body']}"
    beyond = sum(character > "\uffff" for character in text[:MAX_TEXT])
    return shortened(text, MAX_TEXT - beyond)


def _keyboard(message: Mapping[str, Any]) -> InlineKeyboardMarkup | None:
    buttons = [
        InlineKeyboardButton(label, callback_data=f"{action}:{page_id}")
        for action, label, page_id in buttons_of(message)
    ]
    return InlineKeyboardMarkup([buttons]) if buttons else None
