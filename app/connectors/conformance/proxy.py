"""A proxy between a connector and its source, which records responses, replays them, and can replace them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.connectors.base import MonitorAccess
from app.connectors.http.network import Deadline, GuardedTransport

TIMEOUT_S = 60
NOT_FORWARDED = ("host", "connection", "content-length", "accept-encoding", "transfer-encoding")
FORWARDED_BACK = ("content-type", "www-authenticate", "retry-after", "location", "set-cookie")


@dataclass(frozen=True, slots=True)
class Response:
    """A response of the source."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[], Response]
"""Returns the response of the source to a request."""
Handle = Callable[[Any, int, Fetch], None]
"""Responds to a request. Its arguments: the request, its index in the conversation, and the source's response to it."""


def pass_through(request: Any, _number: int, fetch: Fetch) -> None:
    """Respond as the source does."""
    response = fetch()
    request.answer(response.body, response.status, response.headers)


class Proxy:
    """Its method `respond` handles the requests of a server.

    It sends a request to the source once for each conversation. When the conversation is repeated, it replays the
    response.
    """

    def __init__(self, access: MonitorAccess) -> None:
        """Forward to the server of this monitor, which is reached as the connector would reach it."""
        parts = urlsplit(access.url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._client = httpx.Client(transport=GuardedTransport(Deadline(), access), timeout=TIMEOUT_S)
        self._recordings: dict[str, dict[object, Response]] = {}
        self._recording: dict[object, Response] = {}
        self._lock = threading.Lock()
        self._handle: Handle = pass_through
        self.count = 0
        """The number of requests since `begin`."""

    def begin(self, conversation: str, handle: Handle) -> None:
        """Start a conversation whose requests `handle` responds to.

        Each conversation has its own recording, because the session of another one may have been signed out.
        """
        with self._lock:
            self._recording = self._recordings.setdefault(conversation, {})
            self._handle, self.count = handle, 0

    def respond(self, request: Any) -> None:
        """Respond to a request."""
        with self._lock:
            handle, number = self._handle, self.count
            self.count += 1
        handle(request, number, partial(self._fetch, request))

    def close(self) -> None:
        """Close the connections to the source."""
        self._client.close()

    def _fetch(self, request: Any) -> Response:
        key = (request.command, request.path, request.body, request.headers.get("Authorization"))
        known = self._recording.get(key)
        if known is not None:
            return known
        try:
            self._recording[key] = self._forward(request)
        except httpx.HTTPError as error:
            return Response(502, {}, f"the source does not respond to the proxy: {error}".encode())
        return self._recording[key]

    def _forward(self, request: Any) -> Response:
        sent = {name: text for name, text in request.headers.items() if name.lower() not in NOT_FORWARDED}
        url = self._origin + request.path
        response = self._client.request(request.command, url, headers=sent, content=request.body)
        own_origin = f"http://{request.headers['Host']}"
        kept = {name: response.headers[name] for name in FORWARDED_BACK if name in response.headers}
        kept = {name: text.replace(self._origin, own_origin) for name, text in kept.items()}
        return Response(response.status_code, kept, response.content)
