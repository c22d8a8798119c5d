"""Somebody who is notified: a real HTTP server behind one of Apprise's addresses."""

from collections.abc import Callable
from typing import Any

Serve = Callable[[Callable[[Any], None]], str]

SECRET = "s3cr3t-token"


class Receiver:
    """Takes messages, or does what `respond` says instead."""

    def __init__(self, serve: Serve) -> None:
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.respond: Callable[[Any], None] = lambda request: request.answer()
        self.url = f"json://{serve(self._take).removeprefix('http://')}/{SECRET}"

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.seen]

    def _take(self, request: Any) -> None:
        self.seen.append(request.json)
        self.keys.append(request.headers.get("Idempotency-Key"))
        self.respond(request)
