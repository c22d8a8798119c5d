"""The last check before a connection to a monitor: which addresses are allowed, and the deadline."""

import contextlib
import math
import socket
import ssl
import threading
import weakref
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from app import clock
from app.connectors.base import MonitorAccess
from app.connectors.http import failures
from app.connectors.http.certificates import tls_context
from app.errors import Invalid, SourceForbidden
from app.rules.forbidden_addresses import is_callable

CONNECTIONS = 8
PROXY_FORM = "The proxy's URL must look like http://host:3128 or http://user:password@host:3128."


class Deadline(threading.local):
    """The deadline of the current request; each thread has its own."""

    at = math.inf

    def start(self, total_s: float) -> None:
        """Give the calling thread's next request `total_s` seconds."""
        self.at = clock.monotonic() + total_s

    def limit(self, timeout_s: float | None) -> float:
        """Return the seconds that one wait may take. Raises httpcore.ReadTimeout if none are left."""
        left_s = self.at - clock.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout("the response took too long")
        return left_s if timeout_s is None else min(timeout_s, left_s)


class GuardedTransport(httpx.HTTPTransport):
    """An httpx transport that checks each connection when it is made and enforces the deadline."""

    def __init__(self, deadline: Deadline, access: MonitorAccess | None = None) -> None:
        """`access` says which certificates to trust and show, and which proxy to use.

        Raises Invalid for the field that is wrong.
        """
        context = tls_context(access)
        super().__init__(verify=context, trust_env=False)
        proxy = _proxy(access) if access and access.proxy_url else None
        self._has_proxy = proxy is not None
        self._backend = _GuardedBackend(deadline, proxy)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, proxy=proxy, max_connections=CONNECTIONS, network_backend=self._backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises SourceForbidden if its address, which a proxy would call, must not be called."""
        if self._has_proxy and not all(map(is_callable, _written_addresses(request.url.host))):
            raise _forbidden(request.url.host)
        return super().handle_request(request)

    def close(self) -> None:
        """Close all connections, including those that another thread is opening."""
        self._backend.close()
        super().close()


class _GuardedBackend(httpcore.NetworkBackend):
    """Resolves names itself and connects to the checked address, so a second DNS answer cannot bypass the check."""

    def __init__(self, deadline: Deadline, proxy: httpcore.Proxy | None = None) -> None:
        self._deadline = deadline
        self._is_proxy = proxy is not None
        self._plain = httpcore.SyncBackend()
        self._lock = threading.Lock()
        self._is_closed = False
        self._streams: weakref.WeakSet[_TimedStream] = weakref.WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = [address for address in _resolve(host, port, is_proxy=self._is_proxy) if is_callable(address)]
        if not addresses:
            raise _forbidden(host)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, timeout, local_address, socket_options)
        try:
            return self._connect(addresses[-1], port, timeout, local_address, socket_options)
        except httpcore.ConnectError as error:
            reason = failures.socket_failure(error, f"{host}:{port}", is_proxy=self._is_proxy)
            raise httpcore.ConnectError(reason or str(error)) from error

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.limit(timeout)
        plain = self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
        stream = _TimedStream(plain, self._deadline)
        with self._lock:
            if not self._is_closed:
                self._streams.add(stream)
                return stream
        # The pool closes only its own connections; this one would wait for a response until its timeout.
        stream.close()
        raise httpcore.ConnectError("the connection was closed")

    def close(self) -> None:
        """Close all connections, and those that are being opened as soon as they are open."""
        with self._lock:
            self._is_closed = True
            streams = [*self._streams]
        for stream in streams:
            stream.close()


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no wait (for headers, body or TLS) exceeds the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.limit(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.limit(timeout))

    def close(self) -> None:
        # Closing alone does not wake a thread that waits on this socket, and the process would wait for that thread to
        # exit.
        with contextlib.suppress(OSError):
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.limit(timeout))
        except httpcore.ConnectError as error:
            raise failures.TlsError(str(error), server_hostname or "") from error
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _forbidden(host: str) -> SourceForbidden:
    return SourceForbidden(f"{host} is a link-local, multicast or metadata address; nagare does not connect to those")


def _written_addresses(host: str) -> list[str]:
    """Return the address that a host name is in any notation; none if it is a name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def _resolve(host: str, port: int, *, is_proxy: bool = False) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        name, field = (f"the proxy's name {host}", "`proxy_url`") if is_proxy else ("the name", "`url`")
        remedy = f"check {field} and this machine's DNS"
        raise httpcore.ConnectError(f"{name} cannot be resolved ({reason}): {remedy}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _proxy(access: MonitorAccess) -> httpcore.Proxy:
    """Return a monitor's proxy, whose address may have a user name and a password. Raises Invalid for `proxy_url`."""
    text = access.proxy_url or ""
    try:
        url = httpx.URL(text)
        proxy = httpx.Proxy(url.copy_with(path="/"))
        is_one = url.scheme in ("http", "https") and url.path in ("", "/") and not set(text) & set("?#\\ ")
    except (httpx.InvalidURL, ValueError):
        is_one = False
    if not (is_one and url.host and (url.port is None or 1 <= url.port <= 65535)):
        raise Invalid("proxy_url", PROXY_FORM)
    # The client certificate is for the monitor alone.
    trusted = tls_context(MonitorAccess("", ca_pem=access.ca_pem, verify=access.verify))
    is_secured = url.scheme == "https"
    return httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth, ssl_context=trusted if is_secured else None)
