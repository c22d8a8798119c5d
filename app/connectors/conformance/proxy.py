"""Stands between a connector and its source: passes answers on, remembers them, and answers otherwise when told to."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.connectors.http.network import Deadline, GuardedTransport

TIMEOUT_S = 60
NOT_PASSED_ON = ("host", "connection", "content-length", "accept-encoding", "transfer-encoding")
PASSED_BACK = ("content-type", "www-authenticate", "retry-after", "location", "set-cookie")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source answered to a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[[], Answer]
"""Returns what the source says to a request."""
Behave = Callable[[Any, int, Ask], None]
"""Answers a request, given its number in the conversation, from 0, and what asks the source."""


def tell(request: Any, _number: int, ask: Ask) -> None:
    """Pass on what the source says."""
    answer = ask()
    request.answer(answer.body, answer.status, answer.headers)


class Proxy:
    """Hand its `respond` to a server.

    A request is sent to the source once for each conversation; in the same conversation again, it gets the same answer.
    """

    def __init__(self, url: str) -> None:
        """Stand before the server of this address."""
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._client = httpx.Client(transport=GuardedTransport(Deadline()), timeout=TIMEOUT_S)
        self._tapes: dict[str, dict[object, Answer]] = {}
        self._answers: dict[object, Answer] = {}
        self._lock = threading.Lock()
        self._behave: Behave = tell
        self.count = 0
        """How many requests came since `begin`."""

    def begin(self, conversation: str, behave: Behave) -> None:
        """Behave like that in the conversation that begins now.

        Each has a tape of its own: a session that one has ended would be answered to the next.
        """
        with self._lock:
            self._answers = self._tapes.setdefault(conversation, {})
            self._behave, self.count = behave, 0

    def respond(self, request: Any) -> None:
        """Answer a request as `begin` was told."""
        with self._lock:
            behave, number = self._behave, self.count
            self.count += 1
        behave(request, number, partial(self._ask, request))

    def close(self) -> None:
        """Free the connections to the source."""
        self._client.close()

    def _ask(self, request: Any) -> Answer:
        key = (request.command, request.path, request.body, request.headers.get("Authorization"))
        known = self._answers.get(key)
        if known is not None:
            return known
        try:
            self._answers[key] = self._forward(request)
        except httpx.HTTPError as error:
            return Answer(502, {}, f"the source does not answer the proxy: {error}".encode())
        return self._answers[key]

    def _forward(self, request: Any) -> Answer:
        sent = {name: text for name, text in request.headers.items() if name.lower() not in NOT_PASSED_ON}
        url = self._origin + request.path
        answer = self._client.request(request.command, url, headers=sent, content=request.body)
        here = f"http://{request.headers['Host']}"
        told = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
        told = {name: text.replace(self._origin, here) for name, text in told.items()}
        return Answer(answer.status_code, told, answer.content)
