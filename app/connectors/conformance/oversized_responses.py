"""Responses that would use all memory or time of a client without limits."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

GIGABYTE = 2**30
MEGABYTE = 2**20


def _compression_bomb(member: bytes) -> bytes:
    """Return 256 MB of one character, compressed to 0.25 MB."""
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(member * MEGABYTE) for _ in range(256)) + packer.flush()


def _chunked(chunks: Iterator[bytes]) -> Callable[[Any], None]:
    def respond(request: Any) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in chunks:
            request.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        request.send(b"0\r\n\r\n")

    return respond


def _sized(head: bytes, member: bytes, tail: bytes, size: int) -> Callable[[Any], None]:
    return lambda request: request.answer(head + member * (size // len(member)) + tail)


OVERSIZED: Mapping[str, Callable[[Any], None]] = {
    "brackets": _sized(b"[", b"[", b"]", 60 * MEGABYTE),
    "a compression bomb": lambda request: request.answer(_compression_bomb(b" "), headers={"Content-Encoding": "gzip"}),
    "empty objects": _sized(b"[", b"{},", b"{}]", 60 * MEGABYTE),
    "empty lists": _sized(b"[", b"[],", b"[]]", 60 * MEGABYTE),
    "short texts": _sized(b"[", b'"ab",', b'"ab"]', 60 * MEGABYTE),
    "a gigabyte": lambda request: _chunked(b" " * MEGABYTE for _ in range(GIGABYTE // MEGABYTE))(request),
    "one name": _sized(b'{"', b"n", b'": 1}', 60 * MEGABYTE),
}
