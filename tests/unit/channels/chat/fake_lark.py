"""A Lark on the loopback interface: tokens, messages, and the callbacks that it sends for a click."""

import itertools
import json
import time
from base64 import b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

APP_ID, APP_SECRET = "cli_slkdjalasdkjasd", "dskLLdkasdjlasdKKdsfgjhsd"
VERIFICATION_TOKEN, ENCRYPT_KEY = "rvaYgkND1GOiu5MM0E1rncYC6PLtF7JV", "kudryavka-a-key"
TENANT_TOKEN = "t-caecc734c2e3328a62489fe0648c4b98779515d3"
CHAT = "oc_5ad11d72b830411d72b836c20"
PERSON = "ou_84aad35d084aa403a838cf73ee18467"
SETTINGS = {
    "app_id": APP_ID,
    "app_secret": APP_SECRET,
    "verification_token": VERIFICATION_TOKEN,
    "encrypt_key": ENCRYPT_KEY,
    "chat_id": CHAT,
}
VECTOR = bytes(range(16))


class FakeLark:
    """Keeps cards by message id, and sends a message with the same `uuid` once."""

    def __init__(self) -> None:
        self.cards: dict[str, dict[str, Any]] = {}
        self.sent: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def respond(self, request: Any) -> None:
        path, _, query = request.path.partition("?")
        if path == "/open-apis/auth/v3/tenant_access_token/internal":
            request.answer(_token(request.json))
        elif request.headers["Authorization"] != f"Bearer {TENANT_TOKEN}":
            request.answer({"code": 99991663, "msg": "Invalid access token for authorization."}, 400)
        elif request.command == "POST" and path == "/open-apis/im/v1/messages":
            request.answer(self._create(request.json, query))
        elif request.command == "PATCH":
            request.answer(self._patch(path.rpartition("/")[2], request.json))

    def click(
        self, message_id: str, action: str, key: str = ENCRYPT_KEY, at: float | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers of the callback for a click on a card's button."""
        [value] = [each["value"] for each in buttons(self.cards[message_id]) if each["value"]["action"] == action]
        callback = {
            "schema": "2.0",
            "header": {
                "event_id": "f7984f25108f8137722bb63cee927e66",
                "token": VERIFICATION_TOKEN,
                "create_time": str(int(time.time() * 1_000_000)),
                "event_type": "card.action.trigger",
                "tenant_key": "xxxxxxx",
                "app_id": APP_ID,
            },
            "event": {
                "operator": {"tenant_key": "rd", "user_id": "867", "open_id": PERSON, "union_id": "on_574"},
                "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d",
                "action": {"value": value, "tag": "button"},
                "host": "im_message",
                "context": {"open_message_id": message_id, "open_chat_id": CHAT},
            },
        }
        return sign(callback, key, at)

    def _create(self, given: dict[str, Any], query: str) -> dict[str, Any]:
        if given["receive_id"] != CHAT or query != "receive_id_type=chat_id":
            return {"code": 230002, "msg": "Bot/User can NOT be out of the chat."}
        known = self.sent.get(given["uuid"])
        message_id = known or f"om_{next(self._numbers):032}"
        self.sent[given["uuid"]] = message_id
        self.cards[message_id] = json.loads(given["content"])
        data = {"message_id": message_id, "chat_id": CHAT, "msg_type": given["msg_type"], "create_time": "1"}
        return {"code": 0, "msg": "success", "data": data}

    def _patch(self, message_id: str, given: dict[str, Any]) -> dict[str, Any]:
        if message_id not in self.cards:
            return {"code": 230001, "msg": "invalid message_id"}
        self.cards[message_id] = json.loads(given["content"])
        return {"code": 0, "msg": "success", "data": {}}


def challenge(token: str = VERIFICATION_TOKEN, key: str = ENCRYPT_KEY) -> tuple[bytes, dict[str, str]]:
    """Return the request that asks whether this is the right address."""
    return sign({"challenge": "ajls384kdjx98XX", "token": token, "type": "url_verification"}, key)


def sign(callback: dict[str, Any], key: str = ENCRYPT_KEY, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    """Return a body, encrypted if there is a key, and the headers by which Lark signs it."""
    text = json.dumps(callback).encode()
    if not key:
        return text, {"Content-Type": "application/json"}
    padder = PKCS7(128).padder()
    padded = padder.update(text) + padder.finalize()
    encryptor = Cipher(AES(sha256(key.encode()).digest()), CBC(VECTOR)).encryptor()
    body = json.dumps({"encrypt": b64encode(VECTOR + encryptor.update(padded) + encryptor.finalize()).decode()})
    timestamp, nonce = str(int(time.time() if at is None else at)), "1782639"
    return body.encode(), {
        "X-Lark-Request-Timestamp": timestamp,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": sha256(f"{timestamp}{nonce}{key}{body}".encode()).hexdigest(),
        "Content-Type": "application/json",
    }


def buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [button for element in card["elements"] if element["tag"] == "action" for button in element["actions"]]


def _token(given: dict[str, Any]) -> dict[str, Any]:
    if given != {"app_id": APP_ID, "app_secret": APP_SECRET}:
        return {"code": 10014, "msg": "app secret invalid"}
    return {"code": 0, "msg": "ok", "tenant_access_token": TENANT_TOKEN, "expire": 7200}
