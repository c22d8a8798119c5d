"""An HTTP load over kept-alive connections, cheap enough to share two cores with the server it measures."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
GIVE_UP_S = 60


@dataclass(slots=True)
class Loaded:
    """The results of a load: its seconds, and the latency of each request."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return the responses per second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Return the latency that this share of the requests did not exceed."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


@dataclass(frozen=True, slots=True)
class Target:
    """The requests of a load: request number n has the body `body(n)`, or none."""

    url: str
    method: str = "GET"
    token: str = ""
    body: Callable[[int], bytes] | None = None
    status: int = 200

    def request(self, number: int) -> bytes:
        """Return the bytes of a request."""
        parts = urlsplit(self.url)
        content = self.body(number) if self.body else b""
        lines = [
            f"{self.method} {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1",
            f"Host: {parts.netloc}",
        ]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body:
            lines.append("Content-Type: application/json")
        if self.method != "GET":
            lines.append(f"Content-Length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode() + content


def run(target: Target, clients: int, *, seconds: float = 0, requests: int = 0, rate: float = 0) -> Loaded:
    """Send requests for `seconds` or up to `requests`: each client after its last response, or all together at `rate`.

    At a rate, a request's latency counts from when it was due, even if no client was free then. Raises RuntimeError for
    a response with another status than the target's.
    """
    return asyncio.run(_Load(target, clients, seconds, requests, rate).run())


class _Load:
    def __init__(self, target: Target, clients: int, seconds: float, requests: int, rate: float) -> None:
        self._target, self._clients, self._rate = target, clients, rate
        self._last = requests or (int(seconds * rate) if rate else None)
        self._seconds = seconds if self._last is None else float("inf")
        self._sent = 0
        self._idle: deque[_Client] = deque()
        self._due: deque[float] = deque()
        self._loaded = Loaded()

    async def run(self) -> Loaded:
        parts = urlsplit(self._target.url)
        self._done = asyncio.get_running_loop().create_future()
        clients = [_Client(self, parts.hostname or "", parts.port or 80) for _ in range(self._clients)]
        await asyncio.gather(*(client.connect() for client in clients))
        begun_at = time.perf_counter()
        self._stop_at = begun_at + self._seconds
        paced = asyncio.create_task(self._pace(begun_at)) if self._rate else None
        if paced is None:
            for client in clients:
                self.take_next(client)
        else:
            self._idle.extend(clients)
        try:
            await asyncio.wait_for(self._done, GIVE_UP_S + (self._last or 0) / 10)
        except TimeoutError:
            raise RuntimeError(f"{self._target.url}: {len(self._loaded.latencies_s)} answers, then none") from None
        finally:
            for client in clients:
                client.close()
            if paced is not None:
                paced.cancel()
        self._loaded.seconds = time.perf_counter() - begun_at
        return self._loaded

    async def _pace(self, begun_at: float) -> None:
        for number in range(self._last or 0):
            due_at = begun_at + number / self._rate
            await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
            self._due.append(due_at)
            if self._idle:
                self.take_next(self._idle.popleft())

    def take_next(self, client: "_Client") -> None:
        """Give an idle client its next request, if there is one."""
        now = time.perf_counter()
        if self._rate:
            if self._due:
                client.send(self._target.request(self._sent), self._due.popleft())
                self._sent += 1
            else:
                self._idle.append(client)
        elif now < self._stop_at and (self._last is None or self._sent < self._last):
            client.send(self._target.request(self._sent), now)
            self._sent += 1

    def answered(self, client: "_Client", due_at: float, status: int, answer: bytes) -> None:
        """Record a response."""
        if status != self._target.status:
            self.fail(RuntimeError(f"{self._target.url} answered {status}: {answer[:500]!r}"))
            return
        self._loaded.latencies_s.append(time.perf_counter() - due_at)
        self.take_next(client)
        is_over = self._last is None and time.perf_counter() >= self._stop_at
        if len(self._loaded.latencies_s) == (self._sent if is_over else self._last) and not self._done.done():
            self._done.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the load."""
        if not self._done.done():
            self._done.set_exception(error)


class _Client(asyncio.Protocol):
    def __init__(self, load: _Load, host: str, port: int) -> None:
        self._load, self._address = load, (host, port)
        self._transport: asyncio.Transport | None = None
        self._waiting: tuple[bytes, float] | None = None
        self._received = b""
        self._is_closing = False

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, *self._address)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""
        if self._waiting:
            transport.write(self._waiting[0])

    def connection_lost(self, exc: Exception | None) -> None:
        # A server may close a connection at any time; its request is then sent again.
        self._transport = None
        if not self._is_closing:
            self._reconnecting = asyncio.ensure_future(self._connect_again())

    async def _connect_again(self) -> None:
        try:
            await self.connect()
        except OSError as error:
            self._load.fail(error)

    def send(self, request: bytes, due_at: float) -> None:
        self._waiting = request, due_at
        if self._transport:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, content = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not separator or (length and len(content) < int(length[1])) or self._waiting is None:
            return
        due_at, self._waiting, self._received = self._waiting[1], None, b""
        self._load.answered(self, due_at, int(head[9:12]), content)

    def close(self) -> None:
        self._is_closing = True
        if self._transport:
            self._transport.close()
