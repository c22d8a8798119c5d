"""Answers that would take all memory or time of whoever reads them as they come."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

GIGABYTE = 2**30
PIECE = 2**20


def _bomb(member: bytes) -> bytes:
    """Return 256 MB of something, compressed to a quarter of one."""
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(member * PIECE) for _ in range(256)) + packer.flush()


def _chunked(pieces: Iterator[bytes]) -> Callable[[Any], None]:
    def respond(request: Any) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            request.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        request.send(b"0\r\n\r\n")

    return respond


def _sized(head: bytes, member: bytes, tail: bytes, size: int) -> Callable[[Any], None]:
    return lambda request: request.answer(head + member * (size // len(member)) + tail)


FLOODS: Mapping[str, Callable[[Any], None]] = {
    "a gigabyte": lambda request: _chunked(b" " * PIECE for _ in range(GIGABYTE // PIECE))(request),
    "a bomb": lambda request: request.answer(_bomb(b" "), headers={"Content-Encoding": "gzip"}),
    "empty objects": _sized(b"[", b"{},", b"{}]", 60 * PIECE),
    "empty lists": _sized(b"[", b"[],", b"[]]", 60 * PIECE),
    "short texts": _sized(b"[", b'"ab",', b'"ab"]', 60 * PIECE),
    "brackets": _sized(b"[", b"[", b"]", 60 * PIECE),
    "one name": _sized(b'{"', b"n", b'": 1}', 60 * PIECE),
}
