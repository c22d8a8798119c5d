"""Detects secrets that a source repeats in its texts, in any encoding."""

import binascii
import html
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from itertools import islice
from urllib.parse import unquote, unquote_plus

WITHHELD = "its message is withheld because it repeats what was sent"
ROUNDS = 3
"""How deep encodings may be nested, for example base64 in percent-encoding in JSON."""
MAX_READINGS = 200
MAX_CHARACTERS = 2000
PART = 12
"""This many characters of a longer secret reveal too much of it."""
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[:\s-]?){4,}")
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-7]{3})|(.))", re.DOTALL)


def repeats_secret(text: str, secrets: Sequence[str | None]) -> bool:
    """Return whether a text has a secret or a large part of it: plain, escaped, in hexadecimal or in base64.

    Only the start of a long text is read, because no more is ever shown.
    """
    wanted = [secret for secret in secrets if secret]
    parts = {part for secret in wanted for part in _parts(secret.casefold())}
    return bool(wanted) and any(_holds(reading, wanted, parts) for reading in _readings(text[:MAX_CHARACTERS]))


def _holds(text: str, secrets: Sequence[str], parts: Set[str]) -> bool:
    dense = "".join(text.split())
    if any(secret in text or secret in dense for secret in secrets):
        return True
    return not parts.isdisjoint(_parts(text.casefold()))


def _parts(text: str) -> Iterator[str]:
    return (text[start : start + PART] for start in range(len(text) - PART + 1))


def _readings(text: str) -> Collection[str]:
    """Return the text in all its decodings, nested ones included, up to a limit."""
    known = {text: None}
    latest: Sequence[str] = [text]
    for _ in range(ROUNDS):
        found = (each for reading in latest for decode in DECODERS for each in decode(reading))
        latest = list(islice((each for each in found if each not in known), MAX_READINGS))
        known |= dict.fromkeys(latest)
    return known


def _unescaped(text: str) -> Iterator[str]:
    """Yield the text with backslash escapes decoded: as characters, and as UTF-8 bytes, which `\\x` may stand for."""
    if "\\" in text:
        plain = ESCAPE.sub(_character, text)
        yield plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield plain.encode("latin-1", "replace").decode("utf-8", "replace")


def _character(found: re.Match[str]) -> str:
    wide, narrow, octal, plain = found.groups()
    return chr(int(wide or narrow, 16)) if wide or narrow else chr(int(octal, 8)) if octal else plain


def _from_base64(text: str) -> Iterator[str]:
    for found in BASE64.finditer(text.replace("\n", "")):
        run = found[0].rstrip("=").replace("-", "+").replace("_", "/")
        for start in range(4):
            whole = run[start:]
            # A single leftover character encodes nothing.
            whole = whole[: len(whole) - (len(whole) % 4 == 1)]
            yield b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")


def _from_hex(text: str) -> Iterator[str]:
    for found in HEX.finditer(text):
        yield binascii.unhexlify(re.sub(r"[:\s-]", "", found[0])).decode("utf-8", "replace")


DECODERS: Sequence[Callable[[str], Iterator[str]]] = (
    lambda text: iter((unquote(text), unquote_plus(text), html.unescape(text))),
    _unescaped,
    _from_hex,
    _from_base64,
)
