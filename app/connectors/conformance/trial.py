"""What the checks share: the connector, the way to its source, and what was seen so far."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from app.connectors.base import HostRecord, ItemRecord, MonitorAccess
from app.connectors.conformance.proxy import Behave, Proxy, tell
from app.connectors.conformance.results import Failed, NotRun
from app.connectors.conformance.server import serving
from app.connectors.conformance.subject import Raised, Seen, Subject

MAX_ERROR = 1_000
SOME = 20
"""The items of so many hosts are looked at: the first ones."""
FEW = 3
"""The hosts of a conversation that is had again and again, each time with another fault."""

Call = tuple[Any, ...]
"""The name of an operation and its arguments."""


@dataclass
class Trial:
    """One run of the test. `begin` opens it."""

    type: str
    access: MonitorAccess
    limit_s: float
    subject: Subject
    proxy: Proxy | None = None
    proxied: MonitorAccess | None = None
    """The access whose address is the proxy's."""
    hosts: Sequence[HostRecord] = ()
    items: Sequence[ItemRecord] = ()
    _lengths: dict[str, int] = field(default_factory=dict)

    def do(self, *call: Any, access: MonitorAccess | None = None) -> Seen:
        """Run an operation against the source itself."""
        return self.subject.do(access or self.access, self.limit_s, *call)

    def through(self, behave: Behave, *call: Any, access: MonitorAccess | None = None) -> Seen:
        """Run an operation through the proxy. Raises NotRun when the source cannot be reached by HTTP."""
        if self.proxy is None or self.proxied is None:
            raise NotRun("its address is not http:// or https://")
        self.proxy.begin(repr(call), behave)
        access = replace(access or self.access, url=self.proxied.url)
        return _reached(self.subject.do(access, self.limit_s, *call))

    def against(self, respond: Callable[[Any], None], *call: Any, subject: Subject | None = None) -> Seen:
        """Run an operation against a server that does nothing but `respond`. Raises NotRun as `through` does."""
        if self.proxied is None:
            raise NotRun("its address is not http:// or https://")
        with serving(respond) as url:
            access = replace(self.access, url=url + urlsplit(self.access.url).path)
            return _reached((subject or self.subject).do(access, self.limit_s, *call))

    def calls(self) -> list[Call]:
        """Return a call of each operation that reads, about hosts and items that the source has."""
        host_ids = [host.external_id for host in self.hosts[:FEW]] or ["1"]
        item = self.items[0] if self.items else None
        item_ids = (item.host_external_id, item.external_id) if item else (host_ids[0], "1")
        return [("check",), ("hosts",), ("hosts", host_ids[:2]), ("items", host_ids), ("item", *item_ids), ("alerts",)]

    def length(self, call: Call) -> int:
        """Return how many requests a call takes. Raises Failed when it does not work through the proxy."""
        key = repr(call)
        if key not in self._lengths:
            returned(self.through(tell, *call), f"{call[0]} through a proxy")
            self._lengths[key] = self.proxy.count if self.proxy else 0
        return self._lengths[key]


@contextmanager
def begin(type: str, access: MonitorAccess, limit_s: float) -> Iterator[Trial]:
    """Yield a trial of a type of monitor at that address."""
    with ExitStack() as stack:
        trial = Trial(type, access, limit_s, stack.enter_context(Subject(type)))
        if urlsplit(access.url).scheme in ("http", "https"):
            trial.proxy = Proxy(access.url)
            stack.callback(trial.proxy.close)
            url = stack.enter_context(serving(trial.proxy.respond))
            trial.proxied = replace(access, url=url + urlsplit(access.url).path)
        yield trial


def _reached(seen: Seen) -> Seen:
    """Return what was seen. Raises NotRun when the connector refuses an address of this machine."""
    if seen.raised and seen.raised.field == "url":
        raise NotRun(f"the connector does not take an http:// address of this machine: {seen.raised.text}")
    return seen


def shown(seen: Seen) -> str:
    """Return what an operation did, for a reason."""
    if seen.is_killed:
        return f"its process ended, or did not come back within {seen.duration_s:.0f} s and was killed"
    if seen.raised is None:
        return f"it returned {str(seen.returned)[:100]!r}"
    return f"it raised {seen.raised.kind}: {seen.raised.text[:300]}"


def returned(seen: Seen, what: str) -> Any:
    """Return what an operation returned. Raises Failed when it did not."""
    if seen.is_killed or seen.raised:
        raise Failed(f"{what}: {shown(seen)}")
    return seen.returned


def source_error(seen: Seen, what: str, *, retryable: bool | None = None) -> Raised:
    """Return the error of an operation. Raises Failed when it is none of the tree, or another one than is expected."""
    if seen.is_killed or seen.raised is None or seen.raised.code is None:
        raise Failed(f"{what}: {shown(seen)}; a SourceError is expected")
    error = seen.raised
    if retryable is not None and error.is_retryable is not retryable:
        raise Failed(f"{what}: {shown(seen)}; that must {'' if retryable else 'not '}be retryable")
    if not error.text or len(error.text) > MAX_ERROR or not error.text.isprintable():
        raise Failed(f"{what}: the message of {error.kind} must be printable and have 1 to {MAX_ERROR} characters")
    return error
