"""A Telegram Bot API on the loopback interface, and the updates that it sends for a click."""

import itertools
import json
from typing import Any
from urllib.parse import parse_qs

TOKEN = "123456789:AAE-abcdefghijklmnopqrstuvwxyz_01234"
SECRET_TOKEN = "a-secret-of-the-webhook"
CHAT = -1001234567890
SETTINGS = {"token": TOKEN, "secret_token": SECRET_TOKEN, "chat_id": str(CHAT)}
BOT = {"id": 123456789, "is_bot": True, "first_name": "nagare", "username": "nagare_bot"}


class FakeTelegram:
    """Keeps messages by chat and number, as Telegram does."""

    def __init__(self) -> None:
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.methods: list[str] = []
        self._numbers = itertools.count(1)

    def respond(self, request: Any) -> None:
        _, bot, method = request.path.split("/")
        self.methods.append(method)
        if bot != f"bot{TOKEN}":
            request.answer({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
            return
        given = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        answers = {"sendMessage": self._send, "editMessageText": self._edit}
        status, answer = answers[method](given)
        request.answer(answer, status)

    def click(self, number: int, action: str, **person: str) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers of the update for a click on a message's button."""
        message = self.messages[CHAT, number]
        [data] = [each["callback_data"] for each in buttons(message) if each["callback_data"].startswith(action)]
        query = {
            "id": "4382bfdwdsb323b2d9",
            "from": {"id": 987654321, "is_bot": False, **(person or {"first_name": "伟", "last_name": "王"})},
            "message": message,
            "chat_instance": "-3920348203",
            "data": data,
        }
        return sign(json.dumps({"update_id": 10000, "callback_query": query}).encode())

    def _send(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if given["chat_id"] != str(CHAT):
            return 400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}
        number = next(self._numbers)
        self.messages[CHAT, number] = self._message(number, given)
        return 200, {"ok": True, "result": self.messages[CHAT, number]}

    def _edit(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        place = int(given["chat_id"]), int(given["message_id"])
        message = self._message(place[1], given)
        if self.messages[place] == message:
            words = "Bad Request: message is not modified: specified new message content is exactly the same"
            return 400, {"ok": False, "error_code": 400, "description": words}
        self.messages[place] = message
        return 200, {"ok": True, "result": message}

    def _message(self, number: int, given: dict[str, str]) -> dict[str, Any]:
        keyboard = {"reply_markup": json.loads(given["reply_markup"])} if "reply_markup" in given else {}
        chat = {"id": CHAT, "type": "supergroup", "title": "alerts"}
        return {"message_id": number, "from": BOT, "chat": chat, "date": 1700000000, "text": given["text"], **keyboard}


def sign(body: bytes, secret: str = SECRET_TOKEN) -> tuple[bytes, dict[str, str]]:
    return body, {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}


def buttons(message: dict[str, Any]) -> list[dict[str, str]]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]
