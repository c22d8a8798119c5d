"""Decodes response bodies to JSON values, within limits; any violation is a ValueError."""

import json
import math
import re
import zlib
from collections.abc import Iterable
from typing import Any, NoReturn

SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
TREE_FACTOR = 8
"""The maximum size of the values, as a multiple of the largest body.

Prometheus's series take five times the size of their text; a body of empty objects takes thirty times.
"""
OBJECT_BYTES = 240
VALUE_BYTES = 64


class EmptyBody(ValueError):
    """A response without content."""


def read_body(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> bytearray:
    """Join and decompress a chunked body, and stop as soon as it exceeds `max_bytes`.

    Not left to httpx, which decompresses a whole chunk, layer by layer, before its size can be checked. Raises
    ValueError with the reason if the body is too large, truncated or in an encoding other than gzip.
    """
    if encoding not in ("identity", "gzip"):
        raise ValueError("an encoding that was not requested")
    inflater = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    try:
        for chunk in chunks:
            body += inflater.decompress(chunk, max_bytes + 1 - len(body)) if inflater else chunk
            if len(body) > max_bytes:
                raise ValueError(f"more than {max_bytes} bytes")
            if inflater and inflater.unused_data:
                raise ValueError("more than its compressed body")
    except zlib.error as error:
        raise ValueError("a broken compressed body") from error
    if inflater and not inflater.eof:
        raise ValueError("a truncated compressed body")
    return body


def parse_json(body: bytearray, max_bytes: int) -> Any:
    """Return the JSON value of a body of at most `max_bytes`, its strings without NULs and lone surrogates.

    Raises ValueError for anything else, and for values that would take too much memory; EmptyBody for nothing.
    """
    if not body.strip():
        raise EmptyBody("nothing, which is not valid JSON")
    values = body.count(b",") + body.count(b"[")
    if body.count(b"{") * OBJECT_BYTES + values * VALUE_BYTES > TREE_FACTOR * max_bytes:
        raise ValueError("too many values for its size")
    text = body.decode("utf-8-sig", "replace")
    try:
        tree = json.loads(text, parse_float=_finite, parse_constant=_refuse)
        return storable(tree) if SUSPECT.search(text) else tree
    except (ValueError, RecursionError) as error:
        raise ValueError("something that is not valid JSON") from error


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant[:20]} is not a JSON number")


def storable(tree: Any) -> Any:
    """Replace in JSON values what PostgreSQL rejects in texts: NULs and lone surrogates."""
    if isinstance(tree, str):
        return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", tree)
    if isinstance(tree, list):
        return [storable(member) for member in tree]
    if isinstance(tree, dict):
        return {storable(name): storable(value) for name, value in tree.items()}
    return tree
