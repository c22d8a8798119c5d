"""What the checks share: the connector, the access to its source, and the hosts and items found so far."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from app.connectors.base import HostRecord, ItemRecord, MonitorAccess
from app.connectors.conformance.connector_process import CallResult, ConnectorProcess, RaisedError
from app.connectors.conformance.proxy import Handle, Proxy, pass_through
from app.connectors.conformance.results import Failed, NotRun
from app.connectors.conformance.server import serving

MAX_ERROR = 1_000
SOME = 20
"""Number of hosts whose items are checked: the first ones."""
FEW = 3
"""Number of hosts in a conversation that is repeated with one fault after another."""

Call = tuple[Any, ...]
"""The name of an operation and its arguments."""


@dataclass
class Context:
    """One run of the test. `begin` opens it."""

    type: str
    access: MonitorAccess
    limit_s: float
    process: ConnectorProcess
    proxy: Proxy | None = None
    proxied: MonitorAccess | None = None
    """The access whose address is the proxy's."""
    hosts: Sequence[HostRecord] = ()
    items: Sequence[ItemRecord] = ()
    _lengths: dict[str, int] = field(default_factory=dict)

    def do(self, *call: Any, access: MonitorAccess | None = None) -> CallResult:
        """Run an operation against the source itself."""
        return self.process.do(access or self.access, self.limit_s, *call)

    def through(self, handle: Handle, *call: Any, access: MonitorAccess | None = None) -> CallResult:
        """Run an operation through the proxy. Raises NotRun if the source has no HTTP address."""
        if self.proxy is None or self.proxied is None:
            raise NotRun("the URL is not http:// or https://")
        self.proxy.begin(repr(call), handle)
        access = replace(access or self.access, url=self.proxied.url)
        return _reached(self.process.do(access, self.limit_s, *call))

    def against(
        self, respond: Callable[[Any], None], *call: Any, process: ConnectorProcess | None = None
    ) -> CallResult:
        """Run an operation against a server that only calls `respond`. Raises NotRun like `through`."""
        if self.proxied is None:
            raise NotRun("the URL is not http:// or https://")
        with serving(respond) as url:
            access = replace(self.access, url=url + urlsplit(self.access.url).path)
            return _reached((process or self.process).do(access, self.limit_s, *call))

    def calls(self) -> list[Call]:
        """Return one call of each reading operation, for hosts and items that the source has."""
        host_ids = [host.external_id for host in self.hosts[:FEW]] or ["1"]
        item = self.items[0] if self.items else None
        item_ids = (item.host_external_id, item.external_id) if item else (host_ids[0], "1")
        return [("check",), ("hosts",), ("hosts", host_ids[:2]), ("items", host_ids), ("item", *item_ids), ("alerts",)]

    def length(self, call: Call) -> int:
        """Return the number of requests of a call. Raises Failed if the call fails through the proxy."""
        key = repr(call)
        if key not in self._lengths:
            returned(self.through(pass_through, *call), f"{call[0]} through a proxy")
            self._lengths[key] = self.proxy.count if self.proxy else 0
        return self._lengths[key]


@contextmanager
def begin(type: str, access: MonitorAccess, limit_s: float) -> Iterator[Context]:
    """Start the connector's process and the proxy; stop both at the end."""
    with ExitStack() as stack:
        context = Context(type, access, limit_s, stack.enter_context(ConnectorProcess(type)))
        if urlsplit(access.url).scheme in ("http", "https"):
            context.proxy = Proxy(access)
            stack.callback(context.proxy.close)
            url = stack.enter_context(serving(context.proxy.respond))
            context.proxied = replace(access, url=url + urlsplit(access.url).path)
        yield context


def _reached(result: CallResult) -> CallResult:
    """Return the result. Raises NotRun if the connector does not accept a loopback address."""
    if result.raised and result.raised.field == "url":
        raise NotRun(f"the connector does not accept an http:// address on 127.0.0.1: {result.raised.text}")
    return result


def shown(result: CallResult) -> str:
    """Describe a result for the reason of a failure."""
    if result.is_killed:
        return f"its process crashed, or was killed because it did not return within {result.duration_s:.0f} s"
    if result.raised is None:
        return f"it returned {str(result.returned)[:100]!r}"
    return f"it raised {result.raised.kind}: {result.raised.text[:300]}"


def returned(result: CallResult, what: str) -> Any:
    """Return the value that an operation returned. Raises Failed if it raised an error or was killed."""
    if result.is_killed or result.raised:
        raise Failed(f"{what}: {shown(result)}")
    return result.returned


def source_error(result: CallResult, what: str, *, retryable: bool | None = None) -> RaisedError:
    """Return the error of an operation. Raises Failed unless it is a SourceError, retryable as expected."""
    if result.is_killed or result.raised is None or result.raised.code is None:
        raise Failed(f"{what}: {shown(result)}; a SourceError is expected")
    error = result.raised
    if retryable is not None and error.is_retryable is not retryable:
        raise Failed(f"{what}: {shown(result)}; that must {'' if retryable else 'not '}be retryable")
    if not error.text or len(error.text) > MAX_ERROR or not error.text.isprintable():
        raise Failed(f"{what}: the message of {error.kind} must be printable and have 1 to {MAX_ERROR} characters")
    return error
