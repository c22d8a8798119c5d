"""Checks of what the connector makes of a source that is away, refuses, or has no time."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from app.connectors.base import MonitorAccess
from app.connectors.conformance import faults
from app.connectors.conformance.faults import Respond
from app.connectors.conformance.proxy import Ask, Behave, tell
from app.connectors.conformance.results import Failed, NotRun, counted
from app.connectors.conformance.subject import Subject
from app.connectors.conformance.trial import Trial, source_error
from app.errors import SourceRefusedLogin

MAX_STEPS = 4
"""So many requests of a conversation are let fail, one after another."""
SECRET = "nagare-test-secret-9f3c"  # noqa: S105 - an example


def wrong_credentials(trial: Trial) -> str:
    """A wrong password or token is SourceRefusedLogin, which is not retryable."""
    access = trial.access
    wrong = {
        name: _other(secret)
        for name, secret in (("password", access.password), ("api_token", access.api_token))
        if secret is not None
    }
    if not wrong:
        raise NotRun("the connector is tested without credentials")
    _require_refused(trial, f"a wrong {' and '.join(wrong)}", replace(access, **wrong))
    return f"a wrong {' and '.join(wrong)} is refused"


def refused_login(trial: Trial) -> str:
    """HTTP 401 and 403 are SourceRefusedLogin, which is not retryable."""
    for status in (401, 403):
        error = source_error(trial.against(faults.status(status), "check"), f"HTTP {status}", retryable=False)
        if error.code != SourceRefusedLogin.code:
            raise Failed(f"HTTP {status}: it raised {error.kind}, not SourceRefusedLogin")
    return "401 and 403"


def closed_port(trial: Trial) -> str:
    """A port at which nobody listens is a retryable SourceError."""
    if trial.proxied is None:
        raise NotRun("its address is not http:// or https://")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    parts = urlsplit(trial.access.url)
    url = urlunsplit(("http", f"127.0.0.1:{port}", parts.path, "", ""))
    error = source_error(trial.do("check", access=replace(trial.access, url=url)), "a closed port", retryable=True)
    return error.kind


def dropped_connection(trial: Trial) -> str:
    """A connection that is cut is a retryable SourceError, at any request of a conversation."""
    return _at_each_request(trial, {"a reset": lambda request: request.reset()}, retryable=True)


def server_errors(trial: Trial) -> str:
    """HTTP 5xx is a retryable SourceError, at any request of a conversation."""
    return _at_each_request(trial, {f"HTTP {code}": faults.status(code) for code in (500, 502, 503)}, retryable=True)


def too_many_requests(trial: Trial) -> str:
    """HTTP 429 is a retryable SourceError, at any request of a conversation."""
    return _at_each_request(trial, {"HTTP 429": faults.status(429)}, retryable=True)


def client_errors(trial: Trial) -> str:
    """HTTP 400 and 404 are SourceErrors that are not retryable."""
    return _at_each_request(trial, {f"HTTP {code}": faults.status(code) for code in (400, 404)}, retryable=False)


def secrets(trial: Trial) -> str:
    """No error repeats a credential, also when the source repeats what it was sent."""
    access = _with_secret(trial.access)
    for call in trial.calls():
        seen = trial.through(lambda request, _number, _ask: faults.echo(request), *call, access=access)
        if seen.raised is None:
            continue
        if SECRET in seen.raised.text + seen.raised.trace:
            raise Failed(f"{call[0]}: the error or its traceback repeats a credential")
        if seen.raised.field is not None:
            raise NotRun(f"the connector does not take a made-up credential: {seen.raised.text}")
    return "no credential is repeated"


def silence(trial: Trial) -> str:
    """A server that does not answer is a retryable SourceError within the time limit."""
    return _in_time(trial, faults.stay_silent, "a silent server")


def slow_drip(trial: Trial) -> str:
    """A server that answers a byte at a time is a retryable SourceError within the time limit."""
    return _in_time(trial, faults.drip, "a server that drips")


def _in_time(trial: Trial, respond: Respond, what: str) -> str:
    # A process of its own: this check runs beside the others.
    with Subject(trial.type) as subject:
        seen = trial.against(respond, "check", subject=subject)
    source_error(seen, what, retryable=True)
    return f"given up after {seen.duration_s:.0f} s"


def _at_each_request(trial: Trial, responds: dict[str, Respond], *, retryable: bool) -> str:
    """Let every conversation fail from its first request on, then from its second, and so on.

    A connector may do without a later answer, but not without the first.
    """
    count = 0
    for what, respond in responds.items():
        for call in trial.calls():
            for step in range(min(trial.length(call), MAX_STEPS)):
                seen = trial.through(_from(step, respond), *call)
                if step == 0 or seen.raised or seen.is_killed:
                    source_error(seen, f"{what} at request {step + 1} of {call[0]}", retryable=retryable)
                count += 1
    return f"{', '.join(responds)}: {counted(count, 'conversation')}"


def _from(step: int, respond: Respond) -> Behave:
    def behave(request: object, number: int, ask: Ask) -> None:
        respond(request) if number >= step else tell(request, number, ask)

    return behave


def _require_refused(trial: Trial, what: str, access: MonitorAccess) -> None:
    error = source_error(trial.do("check", access=access), what, retryable=False)
    if error.code != SourceRefusedLogin.code:
        raise Failed(f"{what}: it raised {error.kind}, not SourceRefusedLogin")


def _with_secret(access: MonitorAccess) -> MonitorAccess:
    """Return the access with a secret that stands nowhere else, in the place of the one that is used."""
    if access.api_token is not None:
        return replace(access, api_token=SECRET)
    return replace(access, username=access.username or "nagare-test", password=SECRET)


def _other(secret: str) -> str:
    """Return another secret of the same length."""
    return ("1" if secret.startswith("0") else "0") * max(1, len(secret))


CHECKS: Sequence[Callable[[Trial], str]] = (
    *(wrong_credentials, refused_login, closed_port, dropped_connection),
    *(server_errors, too_many_requests, client_errors, secrets),
)
SLOW_CHECKS: Sequence[Callable[[Trial], str]] = (silence, slow_drip)
"""They wait for the connector's own time-outs."""
