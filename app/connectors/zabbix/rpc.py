"""Zabbix's JSON-RPC in the variants of 5.0 to 7.x: signing in, sending the session, and mapping errors."""

import contextlib
import itertools
import re
import threading
from typing import Any

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpLimits, HttpSource, plain_words
from app.connectors.zabbix.refusals import (
    HEADER_DROPPED,
    HEADER_TAKEN,
    MAYBE_DROPPED,
    NO_TOKENS,
    SECOND_FACTOR,
    SessionEnded,
    refusal,
)
from app.errors import Invalid, SourceError, SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected

ENDPOINT = "/api_jsonrpc.php"
OLDEST = (5, 0)
TOKENS_SINCE = (5, 4)
HEADER_SINCE = (6, 4)
HEADER_ONLY_SINCE = (7, 2)
"""Until then, Zabbix also reads the session from the body."""
SECOND_FACTOR_SINCE = (7, 0)
VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])")
LOGOUT_LIMITS = HttpLimits(connect_s=2, read_s=5, total_s=5, max_bytes=2**16)


class ZabbixRpc:
    """A client of one Zabbix that signs in when needed. Threads may share it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the access; this sends nothing. Raises Invalid if it is wrong."""
        if not access.api_token and not access.username:
            raise Invalid("username", "A Zabbix monitor needs a user name and a password, or an API token.")
        if not access.api_token and access.password is None:
            raise Invalid("password", "A Zabbix monitor needs a user name and a password, or an API token.")
        if access.api_token and not _fits_header(access.api_token):
            raise Invalid("api_token", "The API token contains characters that a Zabbix token cannot have.")
        self._access = access
        endpoint = _endpoint(access.url)
        self.frontend = endpoint.removesuffix(ENDPOINT)
        """The address of Zabbix's pages for people."""
        self._source = HttpSource(endpoint, secrets=[access.password, access.api_token], access=access)
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._version = ""
        self._credential: str | None = None
        self._is_header_free = not access.http_username and "authorization" not in map(str.lower, access.headers)
        """Whether Zabbix's own session may use the header Authorization, and it seems to arrive."""

    @property
    def version(self) -> str:
        """Return Zabbix's version, for example `6.0.14`; requested once, without signing in."""
        with self._lock:
            return self._known_version()

    def is_at_least(self, major: int, minor: int) -> bool:
        """Return whether Zabbix has this version or a newer one."""
        return _parsed(self.version) >= (major, minor)

    def call(self, method: str, params: object, limits: HttpLimits | None = None) -> Any:
        """Return a method's result; if the session has ended, sign in again and repeat once.

        Raises SourceRejected with Zabbix's message if it rejects the call, and what `HttpSource.post_json` raises.
        """
        with self._lock:
            credential = self._credential = self._credential or self._sign_in()
        try:
            return self._send(method, params, credential, limits)
        except SessionEnded as error:
            if error.is_unknown and self._uses_header:
                return self._without_header(method, params, credential, limits, error)
            if self._access.api_token:
                raise
        try:
            return self._send(method, params, self._renewed(credential), limits)
        except SessionEnded as error:
            if self._needs_second_factor():
                raise SourceRefusedLogin(SECOND_FACTOR) from None
            # The password was right a moment ago, so whatever ends the sessions may stop: retryable.
            raise SourceFailing(f"{self._source.host} closed a new session immediately: {error}") from None

    def close(self) -> None:
        """Sign out if a session was opened, as far as Zabbix permits, and close the connections."""
        with contextlib.suppress(SourceError):
            if self._credential and not self._access.api_token:
                self._send("user.logout", [], self._credential, LOGOUT_LIMITS)
        self._credential = None
        self._source.close()

    def _known_version(self) -> str:
        if not self._version:
            version = self._send("apiinfo.version", {}, None)
            if not isinstance(version, str) or not VERSION.match(version):
                raise SourceGarbled(f"{self._source.host} did not return Zabbix's version")
            if _parsed(version) < OLDEST:
                told = plain_words(version, self._secrets(None))
                raise SourceRejected(f"Zabbix {told} is too old: 5.0 or later is required")
            self._version = version[:32]
        return self._version

    @property
    def _uses_header(self) -> bool:
        return self._is_header_free and _parsed(self._version) >= HEADER_SINCE

    def _without_header(
        self, method: str, params: object, credential: str, limits: HttpLimits | None, error: SessionEnded
    ) -> Any:
        """Repeat a call with the session in the body, where Zabbix still reads it: a web server may drop the header.

        Raises SourceRefusedLogin if this does not help.
        """
        if _parsed(self._version) < HEADER_ONLY_SINCE:
            result = self._send(method, params, credential, limits, in_body=True)
            self._is_header_free = False
            return result
        if self._access.api_token:
            raise SourceRefusedLogin(f"{error}{MAYBE_DROPPED}") from None
        # Of an ended session, Zabbix says something else.
        raise SourceRefusedLogin(HEADER_DROPPED.format(host=self._source.host)) from None

    def _needs_second_factor(self) -> bool:
        """Return whether the user signs in with a second factor; the API gives it a session that is never confirmed."""
        if _parsed(self._version) < SECOND_FACTOR_SINCE:
            return False
        login = {"username": self._access.username, "password": self._access.password, "userData": True}
        try:
            user = self._send("user.login", login, None)
        except SourceError:
            return False
        return isinstance(user, dict) and str(user.get("mfaid", "0")) != "0"

    def _sign_in(self) -> str:
        version = _parsed(self._known_version())
        if not self._is_header_free and version >= HEADER_ONLY_SINCE:
            raise SourceRefusedLogin(HEADER_TAKEN)
        if self._access.api_token and version < TOKENS_SINCE:
            raise SourceRefusedLogin(NO_TOKENS.format(version=self._version))
        if self._access.api_token:
            return self._access.api_token
        name = "username" if version >= TOKENS_SINCE else "user"
        login = {name: self._access.username, "password": self._access.password}
        try:
            session = self._send("user.login", login, None)
        except SourceRejected as error:
            raise SourceRefusedLogin(str(error)) from None
        if not isinstance(session, str) or not _fits_header(session):
            raise SourceGarbled(f"{self._source.host} returned no session for the login")
        return session

    def _renewed(self, ended: str) -> str:
        """Sign in again, unless another thread has already replaced the same ended session."""
        with self._lock:
            if self._credential in (ended, None):
                self._credential = None
                self._credential = self._sign_in()
            return self._credential or ""

    def _send(
        self,
        method: str,
        params: object,
        credential: str | None,
        limits: HttpLimits | None = None,
        in_body: bool = False,
    ) -> Any:
        request = {"jsonrpc": "2.0", "method": method, "params": params, "id": next(self._ids)}
        headers = {}
        if credential and self._uses_header and not in_body:
            headers["Authorization"] = f"Bearer {credential}"
        elif credential:
            request["auth"] = credential
        answer = self._source.post_json("", request, headers, limits, [credential])
        if not isinstance(answer, dict):
            raise SourceGarbled(f"{self._source.host} returned something other than JSON-RPC for {method}")
        if isinstance(answer.get("error"), dict):
            raise refusal(answer["error"], bool(credential), self._secrets(credential))
        if "result" not in answer or answer.get("id") != request["id"]:
            raise SourceGarbled(f"{self._source.host} returned something other than JSON-RPC for {method}")
        return answer["result"]

    def _secrets(self, credential: str | None) -> list[str | None]:
        return [credential, self._access.password, self._access.api_token]


def _endpoint(url: str) -> str:
    """Return the API's address for a pasted one: the frontend's, one of its pages', or the API's own."""
    base = url.strip().rstrip("/")
    return base if base.endswith(ENDPOINT) else re.sub(r"(?<=[^/])/[^/]+\.php$", "", base) + ENDPOINT


def _parsed(version: str) -> tuple[int, ...]:
    found = VERSION.match(version)
    return tuple(map(int, found.groups())) if found else ()


def _fits_header(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and text != ""
