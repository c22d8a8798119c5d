"""Checks with a source that is unavailable, rejects requests, or does not respond in time."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.connectors.base import MonitorAccess
from app.connectors.conformance import faults
from app.connectors.conformance.connector_process import ConnectorProcess
from app.connectors.conformance.context import Context, source_error
from app.connectors.conformance.faults import Respond
from app.connectors.conformance.proxy import Fetch, Handle, pass_through
from app.connectors.conformance.results import Failed, NotRun, counted
from app.errors import SourceRefusedLogin

MAX_STEPS = 4
"""Number of requests of a conversation that fail, one after another."""
SECRET = "nagare-test-secret-9f3c"  # noqa: S105 - an example


def wrong_credentials(context: Context) -> str:
    """A wrong password or token raises SourceRefusedLogin."""
    access = context.access
    wrong: dict[str, Any] = {
        name: _other(secret)
        for name, secret in (("password", access.password), ("api_token", access.api_token))
        if secret is not None
    }
    if not wrong:
        raise NotRun("the connector is tested without credentials")
    _require_rejected(context, f"a wrong {' and '.join(wrong)}", replace(access, **wrong))
    return f"a wrong {' and '.join(wrong)} is rejected"


def rejected_login(context: Context) -> str:
    """HTTP 401 and 403 raise SourceRefusedLogin."""
    for status in (401, 403):
        error = source_error(context.against(faults.status(status), "check"), f"HTTP {status}", retryable=False)
        if error.code != SourceRefusedLogin.code:
            raise Failed(f"HTTP {status}: it raised {error.kind}, not SourceRefusedLogin")
    return "401 and 403"


def closed_port(context: Context) -> str:
    """A port without a listener raises a retryable SourceError."""
    if context.proxied is None:
        raise NotRun("its address is not http:// or https://")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    parts = urlsplit(context.access.url)
    url = urlunsplit(("http", f"127.0.0.1:{port}", parts.path, "", ""))
    error = source_error(context.do("check", access=replace(context.access, url=url)), "a closed port", retryable=True)
    return error.kind


def dropped_connection(context: Context) -> str:
    """A connection reset raises a retryable SourceError, at any request of a conversation."""
    return _at_each_request(context, {"a reset": lambda request: request.reset()}, retryable=True)


def server_errors(context: Context) -> str:
    """HTTP 5xx raises a retryable SourceError, at any request of a conversation."""
    return _at_each_request(context, {f"HTTP {code}": faults.status(code) for code in (500, 502, 503)}, retryable=True)


def too_many_requests(context: Context) -> str:
    """HTTP 429 raises a retryable SourceError, at any request of a conversation."""
    return _at_each_request(context, {"HTTP 429": faults.status(429)}, retryable=True)


def client_errors(context: Context) -> str:
    """HTTP 400 and 404 raise a SourceError that is not retryable."""
    return _at_each_request(context, {f"HTTP {code}": faults.status(code) for code in (400, 404)}, retryable=False)


def credential_leaks(context: Context) -> str:
    """No error repeats a credential, even if the source echoes the request."""
    access = _with_secret(context.access)
    for call in context.calls():
        result = context.through(lambda request, _number, _fetch: faults.echo(request), *call, access=access)
        if result.raised is None:
            continue
        if SECRET in result.raised.text + result.raised.trace:
            raise Failed(f"{call[0]}: the error or its traceback repeats a credential")
        if result.raised.field is not None:
            raise NotRun(f"the connector does not accept a made-up credential: {result.raised.text}")
    return "no credential is repeated"


def no_response(context: Context) -> str:
    """A server that never responds causes a retryable SourceError within the time limit."""
    return _in_time(context, faults.never_respond, "a server that never responds")


def slow_response(context: Context) -> str:
    """A server that sends one byte at a time causes a retryable SourceError within the time limit."""
    return _in_time(context, faults.respond_slowly, "a slow response")


def _in_time(context: Context, respond: Respond, what: str) -> str:
    # A separate process, because this check runs in parallel with the others.
    with ConnectorProcess(context.type) as process:
        result = context.against(respond, "check", process=process)
    source_error(result, what, retryable=True)
    return f"timed out after {result.duration_s:.0f} s"


def _at_each_request(context: Context, responds: dict[str, Respond], *, retryable: bool) -> str:
    """Repeat each conversation with a fault from its first request on, then from its second, and so on.

    The connector may ignore a fault of a later request, but not of the first.
    """
    count = 0
    for what, respond in responds.items():
        for call in context.calls():
            for step in range(min(context.length(call), MAX_STEPS)):
                result = context.through(_from(step, respond), *call)
                if step == 0 or result.raised or result.is_killed:
                    source_error(result, f"{what} at request {step + 1} of {call[0]}", retryable=retryable)
                count += 1
    return f"{', '.join(responds)}: {counted(count, 'conversation')}"


def _from(step: int, respond: Respond) -> Handle:
    def handle(request: object, number: int, fetch: Fetch) -> None:
        respond(request) if number >= step else pass_through(request, number, fetch)

    return handle


def _require_rejected(context: Context, what: str, access: MonitorAccess) -> None:
    error = source_error(context.do("check", access=access), what, retryable=False)
    if error.code != SourceRefusedLogin.code:
        raise Failed(f"{what}: it raised {error.kind}, not SourceRefusedLogin")


def _with_secret(access: MonitorAccess) -> MonitorAccess:
    """Replace the credential with one that cannot occur in an error by chance."""
    if access.api_token is not None:
        return replace(access, api_token=SECRET)
    return replace(access, username=access.username or "nagare-test", password=SECRET)


def _other(secret: str) -> str:
    """Return another secret of the same length."""
    return ("1" if secret.startswith("0") else "0") * max(1, len(secret))


CHECKS: Sequence[Callable[[Context], str]] = (
    *(wrong_credentials, rejected_login, closed_port, dropped_connection),
    *(server_errors, too_many_requests, client_errors, credential_leaks),
)
SLOW_CHECKS: Sequence[Callable[[Context], str]] = (no_response, slow_response)
"""They wait for the connector's own timeouts."""
