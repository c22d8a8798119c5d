"""JSON over HTTP with a server that may be slow, huge, hostile or down: limits, redirects, and mapping of errors."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from app import __version__, tracing
from app.connectors.base import MonitorAccess
from app.connectors.http import failures
from app.connectors.http.addresses import parse_url
from app.connectors.http.error_bodies import error_text
from app.connectors.http.headers import all_headers, basic_authorization, require_sendable
from app.connectors.http.json_body import parse_json, read_body
from app.connectors.http.network import Deadline, GuardedTransport
from app.connectors.http.secret_echoes import WITHHELD, repeats_secret
from app.errors import (
    SourceError,
    SourceFailing,
    SourceForbidden,
    SourceGarbled,
    SourceRefusedLogin,
    SourceRejected,
    SourceTimeout,
    SourceUnreachable,
)
from app.rules.retry_after import retry_after_s

MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 307, 308)
PROXY_LOGIN = 407
BUSY = (429, 503)
MAX_WORDS = 300
NO_TENANT = ": no org id. Add the header X-Scope-OrgID with the name of a tenant to the monitor's headers"


@dataclass(frozen=True)
class HttpLimits:
    """The limits of one request; `total_s` covers everything from the call to the last byte, redirects included."""

    connect_s: float = 10
    read_s: float = 60
    total_s: float = 120
    max_bytes: int = 64 * 2**20

    def within(self, timeout_s: float | None) -> "HttpLimits":
        """Return these limits with no time longer than `timeout_s`; None changes nothing."""
        if timeout_s is None:
            return self
        times = {name: min(getattr(self, name), timeout_s) for name in ("connect_s", "read_s", "total_s")}
        return replace(self, **times)


class HttpSource:
    """A client of one HTTP server. Threads may share it.

    `get_json` and `post_json` raise a `SourceError` and nothing else; its message has the server and the reason, never
    a credential or a query string.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        limits: HttpLimits = HttpLimits(),
        secrets: Sequence[str | None] = (),
        access: MonitorAccess | None = None,
    ) -> None:
        """Parse the address; this sends nothing. Raises Invalid if it or a credential is wrong.

        `secrets` are those sent in bodies; those in headers are known. `access` says how the monitor is reached: which
        certificates to trust and show, its proxy, its additional headers, its time-out, and the HTTP basic
        authentication in front of it, which a header `Authorization` excludes.
        """
        self._url = parse_url(url)
        self.host = self._url.netloc.decode("ascii")
        """The server's name, with a non-default port, for messages."""
        self.origin = (self._url.scheme, self.host)
        """What another address must have in common to be the same server."""
        self._limits = limits.within(access.timeout_s) if access else limits
        self._deadline = Deadline()
        given = require_sendable(headers or {}) | ({"Authorization": basic_authorization(*auth)} if auth else {})
        if access:
            given = all_headers(access, given)
        self._secrets = [*secrets, *given.values(), *(auth or ())[1:], *(access.secrets if access else ())]
        usual = {"User-Agent": f"nagare/{__version__}", "Accept": "application/json", "Accept-Encoding": "gzip"}
        self._headers = usual | given
        self._shows_certificate = access is not None and bool(access.client_cert_pem)
        # No httpx.Client on top: it keeps cookies, logs URLs with their query and follows redirects itself.
        self._transport = GuardedTransport(self._deadline, access)

    def get_json(self, path: str, params: Mapping[str, str | Sequence[str]] | None = None) -> Any:
        """Return the JSON value at `path` below the server's address, its texts without NULs and lone surrogates."""
        query = {name: value if isinstance(value, str) else [*value] for name, value in (params or {}).items()}
        url = self._join(path)
        return self._exchange("GET", url.copy_merge_params(query) if query else url, None, {}, self._limits)

    def post_json(
        self,
        path: str,
        body: object,
        headers: Mapping[str, str] | None = None,
        limits: HttpLimits | None = None,
        secrets: Sequence[str | None] = (),
    ) -> Any:
        """Send `body` as JSON and return the response like `get_json`; `limits` replace the default ones.

        `secrets` are those in this body that are not known yet.
        """
        given = require_sendable(headers or {})
        sent, content = {"Content-Type": "application/json"} | given, json.dumps(body).encode()
        hidden = [*secrets, *given.values()]
        used = limits.within(self._limits.total_s) if limits else self._limits
        return self._exchange("POST", self._join(path), content, sent, used, hidden)

    def delete(self, path: str) -> None:
        """Delete what is at `path`; what the server says of it is not read. Raises as `get_json`."""
        self._exchange("DELETE", self._join(path), None, {}, self._limits)

    def words(self, text: str) -> str:
        """Return a text of the server in a form that is safe for a message."""
        return plain_words(text, self._secrets)

    def close(self) -> None:
        """Close the connections; a request that waits in another thread fails."""
        self._transport.close()

    def _join(self, path: str) -> httpx.URL:
        return self._url.copy_with(path=f"{self._url.path.rstrip('/')}/{path.lstrip('/')}") if path else self._url

    def _exchange(
        self,
        method: str,
        url: httpx.URL,
        content: bytes | None,
        headers: Mapping[str, str],
        limits: HttpLimits,
        secrets: Sequence[str | None] = (),
    ) -> Any:
        secrets = [*self._secrets, *secrets]
        self._deadline.start(limits.total_s)
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s).as_dict()
        try:
            for _ in range(MAX_REDIRECTS + 1):
                request = httpx.Request(
                    method, url, headers={**self._headers, **headers}, content=content, extensions={"timeout": timeout}
                )
                about = {"http.request.method": method, "server.address": self.host, "url.path": url.path}
                with (
                    tracing.span(f"HTTP {method}", about, "client") as span,
                    contextlib.closing(self._transport.handle_request(request)) as response,
                ):
                    span.set_attribute("http.response.status_code", response.status_code)
                    if method == "DELETE" and response.is_success:
                        return None
                    if response.status_code not in REDIRECTS:
                        return self._answer(response, secrets, limits)
                    url = self._redirected(url, response, secrets)
        except httpx.TimeoutException as error:
            raise SourceTimeout(f"{self.host} did not respond in time") from error
        except httpx.TransportError as error:
            # httpx quotes what it could not parse, which may be our own request, so its text must not become the cause.
            raise self._failure(error, secrets) from None
        raise SourceGarbled(f"{self.host} redirected more than {MAX_REDIRECTS} times")

    def _failure(self, error: httpx.TransportError, secrets: Sequence[str | None]) -> SourceError:
        words = plain_words(str(error), secrets) or "unknown error"
        if isinstance(error, httpx.ProxyError):
            if words.startswith(str(PROXY_LOGIN)):
                return self._refused_by_proxy()
            return SourceUnreachable(f"connection to {self.host} failed: {failures.proxy_failure(words, self.host)}")
        if sentence := self._tls_failure(error):
            return SourceUnreachable(sentence)
        if self._url.scheme == "http":
            words = failures.plain_failure(str(error)) or words
        return SourceUnreachable(f"connection to {self.host} failed: {words}")

    def _tls_failure(self, error: httpx.TransportError) -> str | None:
        cause = error.__cause__
        if isinstance(cause, failures.TlsError) and cause.server_name != self._url.host:
            return failures.tls_failure(error, f"the proxy {cause.server_name}")
        return failures.tls_failure(error, self.host, self._shows_certificate)

    def _refused_by_proxy(self) -> SourceRefusedLogin:
        return SourceRefusedLogin(f"connection to {self.host} failed: {failures.PROXY_LOGIN}")

    def _redirected(self, url: httpx.URL, response: httpx.Response, secrets: Sequence[str | None]) -> httpx.URL:
        try:
            target = url.join(response.headers["location"])
            other = plain_words(f"{target.scheme}://{target.host}", secrets)
        except (KeyError, ValueError, httpx.InvalidURL) as error:
            raise SourceGarbled(f"{self.host} redirected without a valid Location header") from error
        if (target.scheme, target.netloc, target.userinfo) != (self._url.scheme, self._url.netloc, b""):
            raise SourceForbidden(
                f"{self.host} redirected to {other}; nagare does not follow redirects to another server"
            )
        return target

    def _answer(self, response: httpx.Response, secrets: Sequence[str | None], limits: HttpLimits) -> Any:
        status = response.status_code
        if response.is_success:
            try:
                return parse_json(
                    read_body(response.iter_raw(), _encoding(response), limits.max_bytes), limits.max_bytes
                )
            except ValueError as error:
                raise SourceGarbled(f"{self.host} returned {error}") from error
        if status in (401, 403):
            # The response may repeat the credentials in any encoding, so its text is not shown.
            realm = response.headers.get("www-authenticate", "")
            raise SourceRefusedLogin(f"{self.host} returned HTTP {status}{_wanted_tenant(response)}", realm=realm)
        if status == PROXY_LOGIN:
            raise self._refused_by_proxy()
        words = plain_words(error_text(response), secrets)
        if self._url.scheme == "http" and failures.WANTS_TLS.search(words):
            raise SourceRejected(f"{self.host} returned HTTP {status}: {failures.SPEAKS_TLS}")
        message = f"{self.host} returned HTTP {status}" + (f": {words}" if words else "")
        if status == 408:
            raise SourceTimeout(message)
        if status == 429 or status >= 500:
            wait_s = retry_after_s(response.headers.get("retry-after"))
            raise SourceFailing(message, retry_after_s=wait_s, is_busy=status in BUSY)
        raise SourceRejected(message)


def plain_words(text: str, secrets: Sequence[str | None] = ()) -> str:
    """Return a source's text as one short line, without any echo of our secrets, in any encoding.

    Terminal control sequences are removed too: operators read messages in logs.
    """
    hidden = [secret.rpartition(" ")[2] or secret for secret in secrets if secret]
    for secret in [*filter(None, secrets), *hidden]:
        text = text.replace(secret, "…")
    text = " ".join(text.split())
    if repeats_secret(text, [*filter(None, secrets), *hidden]):
        return WITHHELD
    text = text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]}…"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _encoding(response: httpx.Response) -> str:
    return str(response.headers.get("content-encoding", "identity")).strip().lower()


def _wanted_tenant(response: httpx.Response) -> str:
    """Return what a server with tenants (Mimir, Cortex, Loki) lacks, if it says that it was told none."""
    return NO_TENANT if "no org id" in error_text(response) else ""
