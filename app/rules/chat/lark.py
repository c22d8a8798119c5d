"""Reads the callbacks of Lark and Feishu: signed with the encrypt key, encrypted with it, or with a token in them."""

import hmac
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from app.enums import ChannelKind
from app.rules.chat.clicks import Click, NotSigned, Unreadable, click_of, member

CLICK = "card.action.trigger"
CHALLENGE = "url_verification"
WINDOW_S = 5 * 60
BLOCK = 16


@dataclass(frozen=True, slots=True)
class Posted:
    """A request with what its signature covers."""

    body: bytes
    timestamp: str
    nonce: str
    signature: str


def open_callback(posted: Posted, encrypt_key: str, verification_token: str, now: datetime) -> Mapping[str, Any]:
    """Return the callback, decrypted if it has to be.

    Raises NotSigned unless it is from the app with these settings. An app without an encrypt key does not sign: its
    callbacks have the verification token in them, as does the one that asks whether this is the right address.
    """
    callback = _json(posted.body)
    if encrypt_key:
        callback = _json(_decrypted(callback.get("encrypt"), encrypt_key))
    header = callback.get("header")
    token = callback.get("token", header.get("token") if isinstance(header, Mapping) else None)
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), verification_token.encode()):
        raise NotSigned
    if encrypt_key and callback.get("type") != CHALLENGE and not _is_signed(posted, encrypt_key, now):
        raise NotSigned
    return callback


def read(callback: Mapping[str, Any]) -> Click:
    """Return the click that a callback reports. Raises Unreadable."""
    if member(callback, "header", "event_type") != CLICK:
        raise Unreadable
    event = member(callback, "event")
    # A callback has ids of the person, and no name.
    person = member(event, "operator", "open_id")
    return click_of(
        ChannelKind.LARK,
        member(event, "action", "value", "action"),
        member(event, "action", "value", "page"),
        person,
        member(event, "context", "open_chat_id"),
        person,
    )


def _is_signed(posted: Posted, encrypt_key: str, now: datetime) -> bool:
    if not posted.timestamp.isascii() or not posted.timestamp.isdecimal() or len(posted.timestamp) > 12:
        return False
    if abs(now.timestamp() - int(posted.timestamp)) > WINDOW_S:
        return False
    signed = sha256(f"{posted.timestamp}{posted.nonce}{encrypt_key}".encode() + posted.body).hexdigest()
    return hmac.compare_digest(signed.encode(), posted.signature.encode())


def _decrypted(text: Any, encrypt_key: str) -> bytes:
    """Return what was encrypted: AES-256-CBC under the key's hash, the vector first. Raises NotSigned."""
    try:
        sealed = b64decode(text, validate=True)
        decryptor = Cipher(AES(sha256(encrypt_key.encode()).digest()), CBC(sealed[:BLOCK])).decryptor()
        padded = decryptor.update(sealed[BLOCK:]) + decryptor.finalize()
        unpadder = PKCS7(BLOCK * 8).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (TypeError, ValueError):
        raise NotSigned from None


def _json(text: bytes) -> Mapping[str, Any]:
    """Return a JSON object. Raises NotSigned: what is none is not from the service."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise NotSigned from None
    if not isinstance(value, dict):
        raise NotSigned
    return value
